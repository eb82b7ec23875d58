import { describeTenancy } from './tenancy.js';

describeTenancy();
