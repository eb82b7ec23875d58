drop table api_keys, sessions, users, business_profiles, merchants;
