/** Hours of AWS's average month. */
const HOURS_A_MONTH = 730;

/** A run takes 45 minutes. AWS bills these resources by the hour, so a run counts as one hour. */
const RUN_HOURS = 1;

/** One line of the estimate. Prices in US dollars for us-east-1, without the free tier. */
export interface CostItem {
  readonly what: string;
  readonly quantity: number;
  /** US dollars for one. */
  readonly price: number;
  readonly unit: string;
}

const monthly = (price: number) => (price * RUN_HOURS) / HOURS_A_MONTH;

/** Sources: the pricing pages of KMS, Secrets Manager, CloudWatch, Systems Manager and Lambda. */
export const COST_ITEMS: readonly CostItem[] = [
  { what: 'KMS key', quantity: 1, price: monthly(1), unit: '$1 a month' },
  { what: 'secret', quantity: 1, price: monthly(0.4), unit: '$0.40 a month' },
  { what: 'CloudWatch alarms', quantity: 4, price: monthly(0.1), unit: '$0.10 a month' },
  { what: 'custom metrics', quantity: 15, price: monthly(0.3), unit: '$0.30 a month' },
  { what: 'advanced parameters', quantity: 2, price: monthly(0.05), unit: '$0.05 a month' },
  { what: 'requests to KMS', quantity: 2_000, price: 0.03 / 10_000, unit: '$0.03 per 10,000' },
  { what: 'requests to Secrets Manager', quantity: 500, price: 0.05 / 10_000, unit: '$0.05 per 10,000' },
  { what: 'requests to CloudWatch', quantity: 1_000, price: 0.01 / 1_000, unit: '$0.01 per 1,000' },
  { what: 'Lambda, GB-seconds', quantity: 500, price: 0.0000166667, unit: '$0.0000166667' },
  { what: 'log data, GB', quantity: 0.005, price: 0.5, unit: '$0.50' },
];

export function costOf({ quantity, price }: CostItem): number {
  return quantity * price;
}

export function estimatedCost(): number {
  return COST_ITEMS.reduce((sum, item) => sum + costOf(item), 0);
}

/** For people: rounded up to whole cents. */
export function shownCost(): string {
  return `$${(Math.ceil(estimatedCost() * 100) / 100).toFixed(2)}`;
}
