drop table dispute_alarms;
drop table dispute_movements;
drop table dispute_adjustments;
drop function tell_merchant_of_dispute();
alter table disputes
  drop column version, drop column is_appeal, drop column is_charge_refundable, drop column has_evidence, drop column enhanced_eligibility,
  drop column evidence_sealed, drop column evidence_version, drop column evidence_staged_version, drop column evidence_staged_fields,
  drop column response, drop column response_state, drop column response_by, drop column responded_at, drop column response_count,
  drop column response_error, drop column next_check_at, drop column check_count;
drop index disputes_deadline_idx;
alter table disputes add column evidence_staged jsonb not null default '{}';
