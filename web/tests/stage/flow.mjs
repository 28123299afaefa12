// The shopper in the purchase window or frame: the steps by their public hooks.

export async function identify(flow, { phone, code = "123456" } = {}) {
  await flow.locator("#collectPhonePurchaseFlow").waitFor();
  if (phone) await flow.getByTestId("kaf-field").fill(phone);
  await flow.locator("#onContinue").click();
  await flow.locator("#phoneOtp").waitFor();
  await flow.locator("#otp_field").fill(code);
}

export async function choosePlan(flow) {
  await flow.getByTestId("pick-plan").click();
}

export async function confirm(flow) {
  await flow.getByTestId("confirm-and-pay").click();
}

export async function approve(flow, options = {}) {
  await identify(flow, { phone: "+491711234567", ...options });
  await choosePlan(flow);
  await confirm(flow);
}

// Clicks something that opens the purchase window, and gives the window.
export async function openFlow(page, click) {
  const opened = page.waitForEvent("popup");
  // A click that never happens is told as such, and not as a window that did not open.
  opened.catch(() => undefined);
  await click();
  return opened;
}
