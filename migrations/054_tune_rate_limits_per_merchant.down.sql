drop table merchant_rate_limits;
