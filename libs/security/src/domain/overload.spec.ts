import { isShed, requestClassOf } from './overload.js';

const LIMITS = { eventLoopDelayMs: 100, waitingPerConnection: 4 };

describe('isShed', () => {
  it.each([
    { delay: 100, shed: [] },
    { delay: 101, shed: ['admin'] },
    { delay: 200, shed: ['admin'] },
    { delay: 201, shed: ['admin', 'read'] },
    { delay: 500, shed: ['admin', 'read'] },
    { delay: 501, shed: ['admin', 'read', 'payment'] },
  ])('refuses $shed when the event loop is $delay ms late', ({ delay, shed }) => {
    const load = { eventLoopDelayMs: delay, waitingPerConnection: 0 };

    expect((['admin', 'read', 'payment'] as const).filter((each) => isShed(each, load, LIMITS))).toEqual(shed);
  });

  it.each([
    { waiting: 4, shed: [] },
    { waiting: 5, shed: ['admin'] },
    { waiting: 9, shed: ['admin', 'read'] },
    { waiting: 21, shed: ['admin', 'read', 'payment'] },
  ])('refuses $shed when $waiting requests wait for each connection', ({ waiting, shed }) => {
    const load = { eventLoopDelayMs: 0, waitingPerConnection: waiting };

    expect((['admin', 'read', 'payment'] as const).filter((each) => isShed(each, load, LIMITS))).toEqual(shed);
  });
});

describe('requestClassOf', () => {
  it.each([
    { method: 'GET', route: '/health', requestClass: null },
    { method: 'GET', route: '/ping', requestClass: null },
    { method: 'GET', route: '/api/admin/audit', requestClass: 'admin' },
    { method: 'GET', route: '/api/payments', requestClass: 'read' },
    { method: 'GET', route: '/api/payments/:id', requestClass: 'read' },
    { method: 'POST', route: '/api/payments', requestClass: 'payment' },
    { method: 'POST', route: '/api/payments/:id/capture', requestClass: 'payment' },
    { method: 'POST', route: '/api/devices', requestClass: 'read' },
    { method: 'POST', route: '/api/webhooks/stripe', requestClass: 'payment' },
  ])('is $requestClass for $method $route', ({ method, route, requestClass }) => {
    expect(requestClassOf(method, route)).toBe(requestClass);
  });
});
