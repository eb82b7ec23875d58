import { type FraudFeatures } from '../features.js';
import { type Reading, type Rule } from '../rule.js';

/** What makes no sense for the kind of business: the rule set of each business type judges only the readings that concern it. */
export const businessLogicRule: Rule = {
  name: 'business_logic',
  version: 1,
  read(features) {
    const { attempt, device } = features;
    return [
      { measure: 'missing_email', value: attempt.hasCustomerEmail ? 0 : 1, detail: 'customer email' },
      { measure: 'automation_unauthorised', value: device?.isAutomationAuthorised === true ? 0 : 1, detail: 'authority to pay by itself' },
      ...fromHistory(features),
    ];
  },
};

function fromHistory({ attempt, history }: FraudFeatures): Reading[] {
  if (history === null) {
    const detail = 'earlier attempts could not be read';
    return ['attempts_1h', 'amount_day_minor', 'amount_month_minor'].map((measure) => ({ measure, value: 'unavailable', detail }));
  }
  const { device, customer } = history.subjects;
  const attempts = Math.max(device?.attempts1Hour ?? 0, customer?.attempts1Hour ?? 0);
  // Amounts include the present attempt: a limit is on what would have been spent.
  const day = (device?.amountMinor24Hours ?? 0) + attempt.amountMinor;
  const month = (device?.amounts30Days.sumMinor ?? 0) + attempt.amountMinor;
  return [
    { measure: 'attempts_1h', value: attempts, detail: `${attempts} earlier attempts in 1 h` },
    { measure: 'amount_day_minor', value: day, detail: `${day} minor units by the device in 24 h` },
    { measure: 'amount_month_minor', value: month, detail: `${month} minor units by the device in 30 days` },
  ];
}
