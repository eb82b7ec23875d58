drop function fraud_device_labels;
drop table fraud_model_drift, fraud_models;
