export * from '@millrace/testing';
