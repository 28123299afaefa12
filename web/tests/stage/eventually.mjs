// A page answers in its own time, so what a test asserts is looked at again until it holds or a deadline has passed.

const WITHIN_MS = 10_000;
const AGAIN_MS = 50;

// Calls `holds` until it neither throws nor gives `false`, and gives what it gave. After the deadline the error says
// `message` and why the last look failed.
export async function eventually(holds, message, within = WITHIN_MS) {
  const deadline = Date.now() + within;
  for (;;) {
    let why;
    try {
      const value = await holds();
      if (value !== false) return value;
    } catch (error) {
      why = error;
    }
    if (Date.now() >= deadline) {
      throw new Error(why ? `${message}: ${why.message}` : message, { cause: why });
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
