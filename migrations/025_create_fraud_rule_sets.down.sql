drop table fraud_rule_sets;
drop function refuse_rule_set_change;
