import { PAYMENT_METHODS } from '#merchants';
import { canPresent, DEVICE_TYPES, isDeviceType, METHODS_BY_DEVICE_TYPE } from './device-type.js';

describe('METHODS_BY_DEVICE_TYPE', () => {
  it('gives every device type at least one way to pay by card', () => {
    expect(DEVICE_TYPES.filter((type) => !METHODS_BY_DEVICE_TYPE[type].includes('card'))).toEqual([]);
  });

  it('leaves no method without a device', () => {
    expect(PAYMENT_METHODS.filter((method) => !DEVICE_TYPES.some((type) => canPresent(type, method)))).toEqual([]);
  });
});

describe('isDeviceType', () => {
  it.each([
    ['pos_terminal', true],
    ['POS_TERMINAL', false],
    ['toaster', false],
    ['toString', false],
    [undefined, false],
  ])('answers %p with %p', (value, expected) => {
    expect(isDeviceType(value)).toBe(expected);
  });
});
