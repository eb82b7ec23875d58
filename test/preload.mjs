// Nest 12 is ESM only and reads decorator metadata: both must be loaded before Jest's module registry meets them.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
