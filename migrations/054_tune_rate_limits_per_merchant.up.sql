-- Rate limits that the operator has set for one merchant; a policy without a row has the deployment's number.
create table merchant_rate_limits (
  merchant_id text collate "C" not null references merchants (id),
  -- A name of libs/security/src/domain/rate-limit-policy.ts.
  policy text not null,
  -- Requests in the policy's window.
  request_limit integer not null check (request_limit between 1 and 1000000),
  updated_by text not null,
  updated_at timestamptz not null default now(),
  primary key (merchant_id, policy)
);
