/** What of a merchant stands on receipts and screens. */
export interface Seller {
  readonly name: string;
  /** IANA, for the date on the receipt. */
  readonly timeZone: string;
}
