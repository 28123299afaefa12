// The screens by the server's name for the step. The ids and test ids are those that public test suites look for.

import { account, bank } from "./account.js";
import { card, challenge } from "./card.js";
import { declined, done, ended, failed, offerFast, offerFavourite } from "./ending.js";
import { code, details, phone } from "./identify.js";
import { confirm, parts, plan } from "./plan.js";
import { stepUp } from "./step-up.js";

export const screens = {
  phone,
  code,
  details,
  plan,
  parts,
  card,
  challenge,
  account,
  bank,
  confirm,
  step_up: stepUp,
  offer_fast: offerFast,
  offer_favourite: offerFavourite,
  declined,
  done,
  ended,
  failed,
};
