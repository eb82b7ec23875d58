/** The day that `npm run demo` plays, as data: who sells, on which device, and every payment in order. */

/** A business with its one device. */
export interface Shop {
  readonly name: string;
  readonly businessType: 'retail' | 'restaurant' | 'service' | 'subscription' | 'gaming' | 'iot';
  readonly deviceType: string;
  readonly capabilities: readonly string[];
  /** Its device is on the blacklist. */
  readonly isStolen?: boolean;
}

/** One payment, as its request's body, and what follows it. */
export interface Scene {
  readonly shop: Shop;
  /** Minor units, tip and tax included. */
  readonly amount: number;
  readonly currency: string;
  readonly paymentMethod: string;
  readonly method?: string;
  readonly customerEmail?: string;
  readonly tipAmount?: number;
  readonly description: string;
  readonly location?: { readonly latitude: number; readonly longitude: number };
  /** Whether the shop captures what it holds. */
  readonly captures?: boolean;
}

const VIENNA = { latitude: 48.2082, longitude: 16.3738 };
const SYDNEY = { latitude: -33.8688, longitude: 151.2093 };

const BAKERY: Shop = { name: 'bakery', businessType: 'retail', deviceType: 'pos_terminal', capabilities: ['nfc', 'printer'] };
const BOOKSHOP: Shop = { name: 'bookshop', businessType: 'retail', deviceType: 'kiosk', capabilities: ['display', 'nfc'] };
const TV_SHOP: Shop = { name: 'tv shopping', businessType: 'retail', deviceType: 'smart_tv', capabilities: ['display'] };
const MARKET: Shop = { name: 'market stall', businessType: 'retail', deviceType: 'smartphone', capabilities: ['nfc', 'camera'] };
const BISTRO: Shop = { name: 'bistro', businessType: 'restaurant', deviceType: 'tablet', capabilities: ['nfc', 'display'] };
const PLUMBER: Shop = { name: 'plumber', businessType: 'service', deviceType: 'web_browser', capabilities: ['display'] };
const MAGAZINE: Shop = { name: 'magazine', businessType: 'subscription', deviceType: 'web_browser', capabilities: ['display'] };
const ARCADE: Shop = { name: 'arcade', businessType: 'gaming', deviceType: 'gaming_console', capabilities: ['controller', 'haptic'] };
const CAR: Shop = { name: 'charging car', businessType: 'iot', deviceType: 'vehicle', capabilities: ['sensor'] };
const SENSOR: Shop = { name: 'coffee machine', businessType: 'iot', deviceType: 'iot_device', capabilities: ['sensor', 'led'] };
const SPEAKER: Shop = { name: 'voice orders', businessType: 'iot', deviceType: 'voice_assistant', capabilities: ['speech'] };
const THIEF: Shop = { name: 'stolen phone', businessType: 'retail', deviceType: 'smartphone', capabilities: ['nfc'], isStolen: true };
const TRAVELLER: Shop = { name: 'busy traveller', businessType: 'retail', deviceType: 'smartphone', capabilities: ['nfc'] };

/** Every business of the day; together they use every kind of device. */
export const SHOPS: readonly Shop[] = [
  BAKERY,
  BOOKSHOP,
  TV_SHOP,
  MARKET,
  BISTRO,
  PLUMBER,
  MAGAZINE,
  ARCADE,
  CAR,
  SENSOR,
  SPEAKER,
  THIEF,
  TRAVELLER,
];

/** The payments in order. */
export const DAY: readonly Scene[] = [
  ...repeat(5, (index) => ({
    shop: BAKERY,
    amount: 350 + 45 * index,
    currency: 'eur',
    paymentMethod: 'pm_card_visa',
    method: 'nfc',
    description: 'rolls and coffee',
    location: VIENNA,
  })),
  ...repeat(3, (index) => ({
    shop: CAR,
    amount: 2_500 + 300 * index,
    currency: 'eur',
    paymentMethod: 'pm_card_mastercard',
    method: 'mobile_wallet',
    description: 'charging on the way to work',
  })),
  ...repeat(3, (index) => ({
    shop: SENSOR,
    amount: 120 + index,
    currency: 'usd',
    paymentMethod: 'pm_card_visa',
    description: 'beans reordered',
  })),
  ...repeat(4, (index) => ({
    shop: BOOKSHOP,
    amount: 1_499 + 500 * index,
    currency: 'usd',
    paymentMethod: index === 3 ? 'pm_card_visa_chargeDeclined' : 'pm_card_visa',
    method: 'qr',
    description: 'a novel',
  })),
  ...repeat(3, (index) => ({
    shop: TV_SHOP,
    amount: 4_999,
    currency: 'gbp',
    paymentMethod: index === 1 ? 'pm_card_authenticationRequired' : 'pm_card_amex',
    method: 'qr',
    description: 'ordered from the sofa',
  })),
  ...repeat(4, (index) => ({
    shop: BISTRO,
    amount: 3_450 + 600 * index,
    tipAmount: 450,
    currency: 'eur',
    paymentMethod: 'pm_card_visa',
    method: 'nfc',
    description: 'lunch',
    location: VIENNA,
    captures: true,
  })),
  ...repeat(2, (index) => ({
    shop: PLUMBER,
    amount: 45_000 + 9_000 * index,
    currency: 'usd',
    paymentMethod: index === 1 ? 'pm_card_authenticationRequired' : 'pm_card_visa',
    customerEmail: 'ada@example.com',
    description: 'a leaking tap',
  })),
  ...repeat(2, (index) => ({
    shop: MAGAZINE,
    amount: 999,
    currency: 'usd',
    paymentMethod: index === 1 ? 'pm_card_visa_chargeDeclinedInsufficientFunds' : 'pm_card_visa',
    customerEmail: `reader${String(index)}@example.com`,
    description: 'one month',
  })),
  ...repeat(4, (index) => ({
    shop: ARCADE,
    amount: index === 3 ? 1_500 : 499,
    currency: index === 3 ? 'jpy' : 'usd',
    paymentMethod: 'pm_card_visa',
    method: 'mobile_wallet',
    description: 'a box of gems',
  })),
  ...repeat(3, () => ({
    shop: SPEAKER,
    amount: 1_099,
    currency: 'usd',
    paymentMethod: 'pm_card_visa',
    method: 'voice',
    description: '"order my usual"',
  })),
  ...repeat(3, (index) => ({
    shop: MARKET,
    amount: 800 + 100 * index,
    currency: 'cad',
    paymentMethod: index === 2 ? 'pm_card_chargeDeclinedExpiredCard' : 'pm_card_visa',
    method: 'biometric',
    description: 'flowers',
  })),
  // Five quick payments here, then a large one from the other side of the world: velocity, amount, travel and a device nobody knew an hour ago.
  ...repeat(5, () => ({
    shop: TRAVELLER,
    amount: 500,
    currency: 'usd',
    paymentMethod: 'pm_card_visa',
    description: 'a coffee',
    location: VIENNA,
  })),
  ...repeat(2, () => ({
    shop: TRAVELLER,
    amount: 400_000,
    currency: 'usd',
    paymentMethod: 'pm_card_visa',
    description: 'a watch',
    location: SYDNEY,
  })),
  ...repeat(2, () => ({ shop: THIEF, amount: 9_900, currency: 'usd', paymentMethod: 'pm_card_visa', description: 'headphones' })),
];

function repeat(times: number, scene: (index: number) => Scene): readonly Scene[] {
  return Array.from({ length: times }, (_, index) => scene(index));
}
