import fc from 'fast-check';

// A stated length is a length that is tried: without this, arrays of `maxLength: 60` have ten elements at most.
fc.configureGlobal({ ...fc.readConfigureGlobal(), defaultSizeToMaxWhenMaxSpecified: true });
