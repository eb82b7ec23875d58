drop function fraud_record_attempt;
