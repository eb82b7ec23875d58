-- The transaction that wrote the line. A sealer may take every line below the oldest running transaction: none of those can still appear.
alter table audit_log add column transaction_id xid8 not null default pg_current_xact_id();
create index audit_log_sealing_idx on audit_log (transaction_id, sequence);
create index audit_log_merchant_idx on audit_log (merchant_id, sequence);
create trigger audit_log_no_truncate before truncate on audit_log for each statement execute function refuse_change();

-- One link per line, in the order of (transaction_id, sequence): hash = SHA-256(hash before || line). Written by a background job, so that a line
-- of the audit log costs its transaction one insert and no lock.
create table audit_chain (
  position bigint primary key check (position > 0),
  sequence bigint not null unique references audit_log (sequence),
  hash bytea not null check (length(hash) = 32),
  sealed_at timestamptz not null default now()
);
create trigger audit_chain_append_only before update or delete on audit_chain for each row execute function refuse_change();
create trigger audit_chain_no_truncate before truncate on audit_chain for each statement execute function refuse_change();

-- Now and then the head of the chain, signed with a key that the database does not know: who rewrites the whole chain cannot rewrite these.
create table audit_checkpoints (
  position bigint primary key references audit_chain (position),
  hash bytea not null,
  -- Ed25519 over position and hash.
  signature bytea not null,
  key_id text not null,
  created_at timestamptz not null default now()
);
create trigger audit_checkpoints_append_only before update or delete on audit_checkpoints for each row execute function refuse_change();
create trigger audit_checkpoints_no_truncate before truncate on audit_checkpoints for each statement execute function refuse_change();
