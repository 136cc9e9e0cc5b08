// Generated from Apache Kafka's message definitions by tools/kafka-messages: see NOTICE. Not to be edited.
import { isSet, type Whole, type WireApi, type WireReader, type WireWriter } from '../../wire/index.ts';

export interface ApiVersionsRequest {
  readonly clientSoftwareName?: string;
  readonly clientSoftwareVersion?: string;
}

function readApiVersionsRequest(r: WireReader, v: number): Whole<ApiVersionsRequest> {
  const clientSoftwareName = v >= 3 ? r.string() : '';
  const clientSoftwareVersion = v >= 3 ? r.string() : '';
  r.skipTags();
  return { clientSoftwareName, clientSoftwareVersion };
}

function writeApiVersionsRequest(w: WireWriter, o: ApiVersionsRequest, v: number): void {
  if (v >= 3) w.string(o.clientSoftwareName ?? '');
  if (v >= 3) w.string(o.clientSoftwareVersion ?? '');
  w.noTags();
}

interface ApiVersion {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

function readApiVersion(r: WireReader, _v: number): Whole<ApiVersion> {
  const apiKey = r.int16();
  const minVersion = r.int16();
  const maxVersion = r.int16();
  r.skipTags();
  return { apiKey, minVersion, maxVersion };
}

function writeApiVersion(w: WireWriter, o: ApiVersion, _v: number): void {
  w.int16(o.apiKey);
  w.int16(o.minVersion);
  w.int16(o.maxVersion);
  w.noTags();
}

interface SupportedFeatureKey {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
}

function readSupportedFeatureKey(r: WireReader, _v: number): Whole<SupportedFeatureKey> {
  const name = r.string();
  const minVersion = r.int16();
  const maxVersion = r.int16();
  r.skipTags();
  return { name, minVersion, maxVersion };
}

function writeSupportedFeatureKey(w: WireWriter, o: SupportedFeatureKey, _v: number): void {
  w.string(o.name);
  w.int16(o.minVersion);
  w.int16(o.maxVersion);
  w.noTags();
}

interface FinalizedFeatureKey {
  readonly name: string;
  readonly maxVersionLevel: number;
  readonly minVersionLevel: number;
}

function readFinalizedFeatureKey(r: WireReader, _v: number): Whole<FinalizedFeatureKey> {
  const name = r.string();
  const maxVersionLevel = r.int16();
  const minVersionLevel = r.int16();
  r.skipTags();
  return { name, maxVersionLevel, minVersionLevel };
}

function writeFinalizedFeatureKey(w: WireWriter, o: FinalizedFeatureKey, _v: number): void {
  w.string(o.name);
  w.int16(o.maxVersionLevel);
  w.int16(o.minVersionLevel);
  w.noTags();
}

export interface ApiVersionsResponse {
  readonly errorCode: number;
  readonly apiKeys: readonly ApiVersion[];
  readonly throttleTimeMs?: number;
  readonly supportedFeatures?: readonly SupportedFeatureKey[];
  readonly finalizedFeaturesEpoch?: number;
  readonly finalizedFeatures?: readonly FinalizedFeatureKey[];
  readonly zkMigrationReady?: boolean;
}

function readApiVersionsResponse(r: WireReader, v: number): Whole<ApiVersionsResponse> {
  const errorCode = r.int16();
  const apiKeys = r.array(readApiVersion, v);
  const throttleTimeMs = v >= 1 ? r.int32() : 0;
  let supportedFeatures: Whole<readonly SupportedFeatureKey[]> = [];
  let finalizedFeaturesEpoch: Whole<number> = -1;
  let finalizedFeatures: Whole<readonly FinalizedFeatureKey[]> = [];
  let zkMigrationReady: Whole<boolean> = false;
  r.tags((tag) => {
    switch (tag) {
      case 0:
        supportedFeatures = r.array(readSupportedFeatureKey, v);
        break;
      case 1:
        finalizedFeaturesEpoch = r.int64();
        break;
      case 2:
        finalizedFeatures = r.array(readFinalizedFeatureKey, v);
        break;
      case 3:
        zkMigrationReady = r.bool();
        break;
      default:
    }
  });
  return {
    errorCode,
    apiKeys,
    throttleTimeMs,
    supportedFeatures,
    finalizedFeaturesEpoch,
    finalizedFeatures,
    zkMigrationReady,
  };
}

function writeApiVersionsResponse(w: WireWriter, o: ApiVersionsResponse, v: number): void {
  w.int16(o.errorCode);
  w.array(o.apiKeys, writeApiVersion, v);
  if (v >= 1) w.int32(o.throttleTimeMs ?? 0);
  w.tags([
    v >= 3 &&
      isSet(o.supportedFeatures, []) && [
        0,
        (t) => t.array(o.supportedFeatures!, writeSupportedFeatureKey, v),
      ],
    v >= 3 && isSet(o.finalizedFeaturesEpoch, -1) && [1, (t) => t.int64(o.finalizedFeaturesEpoch!)],
    v >= 3 &&
      isSet(o.finalizedFeatures, []) && [
        2,
        (t) => t.array(o.finalizedFeatures!, writeFinalizedFeatureKey, v),
      ],
    v >= 3 && isSet(o.zkMigrationReady, false) && [3, (t) => t.bool(o.zkMigrationReady!)],
  ]);
}

export const apiVersionsApi: WireApi<ApiVersionsRequest, ApiVersionsResponse> = {
  key: 18,
  name: 'ApiVersions',
  minVersion: 0,
  maxVersion: 4,
  flexibleFrom: 3,
  request: { read: readApiVersionsRequest, write: writeApiVersionsRequest },
  response: { read: readApiVersionsResponse, write: writeApiVersionsResponse },
};
