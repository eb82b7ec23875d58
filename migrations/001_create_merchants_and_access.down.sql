drop table api_keys, sessions, recovery_codes, users, business_profiles, merchants;
