drop table fraud_reviews;
