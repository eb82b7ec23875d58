drop function fraud_model_inputs;
drop table fraud_model_drift, fraud_models;
