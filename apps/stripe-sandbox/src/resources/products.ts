/** Products and their prices. */
import { type Account } from '../account.js';
import { checkCurrency } from '../amounts.js';
import { type Call, pathId, route } from '../call.js';
import { invalidParameter, noSuch } from '../errors.js';
import { listPage, type ListParameters } from '../lists.js';
import { mergeMetadata, type Metadata } from '../metadata.js';
import { type Sandbox } from '../sandbox.js';
import { type StripeObject } from '../store.js';

/** A product. */
export interface Product extends StripeObject {
  object: 'product';
  active: boolean;
  description: string | null;
  metadata: Metadata;
  name: string;
  updated: number;
  [name: string]: unknown;
}

/** How often a price is due. */
export interface Recurrence {
  interval: 'day' | 'week' | 'month' | 'year';
  interval_count: number;
  meter: null;
  trial_period_days: number | null;
  usage_type: string;
}

/** A price. */
export interface Price extends StripeObject {
  object: 'price';
  active: boolean;
  created: number;
  currency: string;
  metadata: Metadata;
  product: string;
  recurring: Recurrence | null;
  type: 'recurring' | 'one_time';
  unit_amount: number;
  unit_amount_decimal: string;
  [name: string]: unknown;
}

interface ProductParameters {
  id?: string;
  name?: string;
  active?: boolean;
  description?: string;
  metadata?: Metadata | '';
  images?: string[];
  default_price_data?: PriceParameters;
  shippable?: boolean;
  statement_descriptor?: string;
  url?: string;
}

/** The parameters of a price, also inline as `price_data`. */
export interface PriceParameters {
  currency?: string;
  unit_amount?: number;
  unit_amount_decimal?: string;
  product?: string;
  product_data?: { name: string; description?: string; metadata?: Metadata };
  recurring?: { interval: Recurrence['interval']; interval_count?: number; trial_period_days?: number; usage_type?: string };
  active?: boolean;
  lookup_key?: string;
  metadata?: Metadata | '';
  nickname?: string;
}

/** Makes and keeps a product. */
export function createProduct(sandbox: Sandbox, account: Account, input: ProductParameters): Product {
  const now = sandbox.clock.now();
  const product: Product = account.products.put({
    id: input.id ?? sandbox.store.newId('prod', 14),
    object: 'product',
    active: input.active ?? true,
    created: now,
    default_price: null,
    description: input.description ?? null,
    images: input.images ?? [],
    livemode: false,
    marketing_features: [],
    metadata: mergeMetadata({}, input.metadata),
    name: input.name ?? '',
    package_dimensions: null,
    shippable: input.shippable ?? null,
    statement_descriptor: input.statement_descriptor ?? null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: null,
    updated: now,
    url: input.url ?? null,
  });
  if (input.default_price_data)
    product.default_price = createPrice(sandbox, account, { ...input.default_price_data, product: product.id }).id;
  sandbox.events.record(account, 'product.created', product);
  return product;
}

/** Makes and keeps a price, and its product when that is given inline. */
export function createPrice(sandbox: Sandbox, account: Account, input: PriceParameters): Price {
  const productId = input.product_data ? createProduct(sandbox, account, input.product_data).id : (input.product ?? '');
  if (!account.products.find(productId)) throw noSuch('product', productId, 'product', 400);
  const currency = checkCurrency(input.currency ?? '');
  const amount = input.unit_amount ?? Number(input.unit_amount_decimal ?? NaN);
  if (!Number.isInteger(amount) || amount < 0)
    throw invalidParameter('Missing required param: unit_amount.', 'unit_amount', 'parameter_missing');
  const price: Price = account.prices.put({
    id: `price_1${sandbox.store.random.letters(23)}`,
    object: 'price',
    active: input.active ?? true,
    billing_scheme: 'per_unit',
    created: sandbox.clock.now(),
    currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: input.lookup_key ?? null,
    metadata: mergeMetadata({}, input.metadata),
    nickname: input.nickname ?? null,
    product: productId,
    recurring: input.recurring
      ? {
          interval: input.recurring.interval,
          interval_count: input.recurring.interval_count ?? 1,
          meter: null,
          trial_period_days: input.recurring.trial_period_days ?? null,
          usage_type: input.recurring.usage_type ?? 'licensed',
        }
      : null,
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: input.recurring ? 'recurring' : 'one_time',
    unit_amount: amount,
    unit_amount_decimal: input.unit_amount_decimal ?? String(amount),
  });
  sandbox.events.record(account, 'price.created', price);
  return price;
}

/** The price of an id or of inline data. */
export function resolvePrice(
  sandbox: Sandbox,
  account: Account,
  item: { price?: string; price_data?: PriceParameters },
  param: string,
): Price {
  if (item.price_data) return createPrice(sandbox, account, item.price_data);
  const price = account.prices.find(item.price ?? '');
  if (!price) throw noSuch('price', item.price ?? '', `${param}[price]`, 400);
  return price;
}

function getProduct(call: Call<unknown>): Product {
  const product = call.account.products.find(pathId(call));
  if (!product) throw noSuch('product', pathId(call));
  return product;
}

function updateProduct(call: Call<ProductParameters>): object {
  const { sandbox, account, parameters } = call;
  const product = getProduct(call);
  const previous = { name: product.name, active: product.active, description: product.description, metadata: product.metadata };
  product.name = parameters.name ?? product.name;
  product.active = parameters.active ?? product.active;
  product.description = parameters.description ?? product.description;
  product.metadata = mergeMetadata(product.metadata, parameters.metadata);
  product.updated = sandbox.clock.now();
  account.products.put(product);
  sandbox.events.record(account, 'product.updated', product, previous);
  return product;
}

function deleteProduct(call: Call): object {
  const product = getProduct(call);
  call.account.products.remove(product.id);
  call.sandbox.events.record(call.account, 'product.deleted', product);
  return { id: product.id, object: 'product', deleted: true };
}

function getPrice(call: Call<unknown>): Price {
  const price = call.account.prices.find(pathId(call));
  if (!price) throw noSuch('price', pathId(call), 'price');
  return price;
}

function updatePrice(call: Call<PriceParameters>): object {
  const { sandbox, account, parameters } = call;
  const price = getPrice(call);
  const previous = { active: price.active, metadata: price.metadata };
  price.active = parameters.active ?? price.active;
  price.nickname = parameters.nickname ?? price.nickname;
  price.metadata = mergeMetadata(price.metadata, parameters.metadata);
  account.prices.put(price);
  sandbox.events.record(account, 'price.updated', price, previous);
  return price;
}

function listPrices(call: Call<ListParameters & { product?: string; active?: boolean }>): object {
  const { product, active } = call.parameters;
  const matches = (price: Price) =>
    (product === undefined || price.product === product) && (active === undefined || price.active === active);
  return listPage(call, call.account.prices, matches);
}

/** Routes of products and prices. */
export const productRoutes = [
  route('POST /v1/products', 'ProductCreateParams', (call: Call<ProductParameters>) =>
    createProduct(call.sandbox, call.account, call.parameters),
  ),
  route('GET /v1/products', 'ProductListParams', (call: Call<ListParameters & { active?: boolean }>) =>
    listPage(call, call.account.products, (product) => call.parameters.active === undefined || product.active === call.parameters.active),
  ),
  route('GET /v1/products/{id}', 'ProductRetrieveParams', (call: Call) => getProduct(call)),
  route('POST /v1/products/{id}', 'ProductUpdateParams', updateProduct),
  route('DELETE /v1/products/{id}', 'ProductDeleteParams', deleteProduct),
  route('POST /v1/prices', 'PriceCreateParams', (call: Call<PriceParameters>) => createPrice(call.sandbox, call.account, call.parameters)),
  route('GET /v1/prices', 'PriceListParams', listPrices),
  route('GET /v1/prices/{id}', 'PriceRetrieveParams', (call: Call) => getPrice(call)),
  route('POST /v1/prices/{id}', 'PriceUpdateParams', updatePrice),
];
