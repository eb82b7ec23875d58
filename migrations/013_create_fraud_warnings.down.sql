drop table fraud_warnings;
drop function tell_merchant_of_fraud_warning();
