import { redactEvent } from './event-redaction.js';

describe(redactEvent.name, () => {
  const event = {
    id: 'evt_1',
    object: 'event',
    type: 'charge.succeeded',
    created: 1_790_000_000,
    livemode: false,
    data: {
      object: {
        id: 'ch_1',
        object: 'charge',
        amount: 1_099,
        currency: 'usd',
        payment_intent: 'pi_1',
        receipt_email: 'ada@example.com',
        description: 'two tickets for Ada',
        billing_details: { name: 'Ada Lovelace', phone: null, address: { postal_code: 'SW1A', country: 'GB' } },
        payment_method_details: { type: 'card', card: { last4: '4242', exp_month: 12, exp_year: 2030, fingerprint: 'abc' } },
        payment_method_types: ['card'],
        metadata: { upp_payment_id: 'pay_1', seat: 'for Ada', status: 'friend of Ada' },
        last_payment_error: { code: 'email_invalid', message: 'Invalid email: ada@example' },
        new_field_of_next_year: 'Ada again',
        refunds: { data: [{ id: 're_1', amount: 5, status: 'succeeded', receipt_number: '1234' }] },
      },
    },
  };

  it('keeps what is about the payment', () => {
    const { kept } = redactEvent(event);

    expect(kept).toMatchObject({
      id: 'evt_1',
      type: 'charge.succeeded',
      created: 1_790_000_000,
      livemode: false,
      data: {
        object: {
          id: 'ch_1',
          amount: 1_099,
          currency: 'usd',
          payment_intent: 'pi_1',
          payment_method_types: ['card'],
          metadata: { upp_payment_id: 'pay_1' },
          last_payment_error: { code: 'email_invalid', message: null },
          refunds: { data: [{ id: 're_1', amount: 5, status: 'succeeded' }] },
        },
      },
    });
  });

  it('keeps nothing of the person, and tells what it took', () => {
    const { kept, removed } = redactEvent(event);

    expect(JSON.stringify(kept)).not.toMatch(/Ada|ada@|Lovelace|SW1A|GB|4242|2030|abc|1234/);
    expect(removed).toEqual({
      'data.object.receipt_email': 'ada@example.com',
      'data.object.description': 'two tickets for Ada',
      'data.object.billing_details.name': 'Ada Lovelace',
      'data.object.billing_details.address.postal_code': 'SW1A',
      'data.object.billing_details.address.country': 'GB',
      'data.object.payment_method_details.card.last4': '4242',
      'data.object.payment_method_details.card.exp_month': 12,
      'data.object.payment_method_details.card.exp_year': 2030,
      'data.object.payment_method_details.card.fingerprint': 'abc',
      'data.object.metadata.seat': 'for Ada',
      'data.object.metadata.status': 'friend of Ada',
      'data.object.last_payment_error.message': 'Invalid email: ada@example',
      'data.object.new_field_of_next_year': 'Ada again',
      'data.object.refunds.data.0.receipt_number': '1234',
    });
  });

  it('changes nothing the second time', () => {
    const { kept } = redactEvent(event);

    expect(redactEvent(kept)).toEqual({ kept, removed: {} });
  });

  it.each([null, 'text', 5, [], {}])('takes %j for what it is', (value) => {
    expect(() => redactEvent(value)).not.toThrow();
  });

  it('gives up on what is deeper than any event', () => {
    let deep: unknown = 'Ada';
    for (let depth = 0; depth < 1_000; depth++) deep = { deep };

    expect(JSON.stringify(redactEvent(deep).kept)).not.toContain('Ada');
  });
});
