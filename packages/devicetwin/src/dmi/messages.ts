import { type Decoded, type Init, message, method } from '@edgecore/grpc';

// The messages of DMI, package v1beta1 (devicetwin.md §10.3). Names are those of protobuf's JSON.

export const Any = message('google.protobuf.Any', { typeUrl: [1, 'string'], value: [2, 'bytes'] });
export const StringValue = message('google.protobuf.StringValue', { value: [1, 'string'] });
export const BoolValue = message('google.protobuf.BoolValue', { value: [1, 'bool'] });
export const FloatValue = message('google.protobuf.FloatValue', { value: [1, 'float'] });
export const Int64Value = message('google.protobuf.Int64Value', { value: [1, 'int64'] });

export const MapperInfo = message('MapperInfo', {
  name: [1, 'string'],
  version: [2, 'string'],
  apiVersion: [3, 'string'],
  protocol: [4, 'string'],
  address: [5, 'bytes'],
  state: [6, 'string'],
});

export const ModelProperty = message('ModelProperty', {
  name: [1, 'string'],
  description: [2, 'string'],
  type: [3, 'string'],
  accessMode: [4, 'string'],
  minimum: [5, 'string'],
  maximum: [6, 'string'],
  unit: [7, 'string'],
});
export const DeviceCommand = message('DeviceCommand', {
  name: [1, 'string'],
  url: [2, 'string'],
  method: [3, 'string'],
  statusCode: [4, 'string', 'repeated'],
  parameters: [5, 'string', 'repeated'],
  response: [6, 'bytes'],
});
export const DeviceModelSpec = message('DeviceModelSpec', {
  properties: [1, ModelProperty, 'repeated'],
  commands: [2, DeviceCommand, 'repeated'],
});
export const DeviceModel = message('DeviceModel', {
  name: [1, 'string'],
  spec: [2, DeviceModelSpec],
  namespace: [3, 'string'],
});

/** `configData`: a free JSON object, its values as `Any`. */
export const CustomizedValue = message('CustomizedValue', { data: [1, Any, 'map'] });
export const AnomalyDetection = message('AnomalyDetection', { data: [1, Any, 'map'] });
export const ProtocolConfig = message('ProtocolConfig', {
  protocolName: [1, 'string'],
  configData: [2, CustomizedValue],
});
export const VisitorConfig = message('VisitorConfig', {
  protocolName: [1, 'string'],
  configData: [2, CustomizedValue],
});

export const PushMethodHTTP = message('PushMethodHTTP', {
  hostname: [1, 'string'],
  port: [2, 'int64'],
  requestpath: [3, 'string'],
  timeout: [4, 'int64'],
});
export const PushMethodMQTT = message('PushMethodMQTT', {
  address: [1, 'string'],
  topic: [2, 'string'],
  qos: [3, 'int32'],
  retained: [4, 'bool'],
});
export const PushMethodOTEL = message('PushMethodOTEL', { endpointURL: [1, 'string'] });
export const Influxdb2ClientConfig = message('Influxdb2ClientConfig', {
  url: [1, 'string'],
  org: [2, 'string'],
  bucket: [3, 'string'],
});
export const Influxdb2DataConfig = message('Influxdb2DataConfig', {
  measurement: [1, 'string'],
  tag: [2, 'string', 'map'],
  fieldKey: [3, 'string'],
});
export const DBMethodInfluxdb2 = message('DBMethodInfluxdb2', {
  influxdb2ClientConfig: [1, Influxdb2ClientConfig],
  influxdb2DataConfig: [2, Influxdb2DataConfig],
});
export const RedisClientConfig = message('RedisClientConfig', {
  addr: [1, 'string'],
  db: [2, 'int32'],
  poolsize: [3, 'int32'],
  minIdleConns: [4, 'int32'],
});
export const DBMethodRedis = message('DBMethodRedis', { redisClientConfig: [1, RedisClientConfig] });
export const TDEngineClientConfig = message('TDEngineClientConfig', {
  addr: [1, 'string'],
  dbname: [2, 'string'],
});
export const DBMethodTDEngine = message('DBMethodTDEngine', {
  tdEngineClientConfig: [1, TDEngineClientConfig],
});
export const MySQLClientConfig = message('MySQLClientConfig', {
  addr: [1, 'string'],
  database: [2, 'string'],
  userName: [3, 'string'],
});
export const DBMethodMySQL = message('DBMethodMySQL', { mysqlClientConfig: [1, MySQLClientConfig] });
export const DBMethod = message('DBMethod', {
  influxdb2: [1, DBMethodInfluxdb2],
  redis: [2, DBMethodRedis],
  tdengine: [3, DBMethodTDEngine],
  mysql: [4, DBMethodMySQL],
});
export const PushMethod = message('PushMethod', {
  http: [1, PushMethodHTTP],
  mqtt: [2, PushMethodMQTT],
  dbMethod: [3, DBMethod],
  otel: [4, PushMethodOTEL],
  anomalyDetection: [5, AnomalyDetection],
});

export const TwinProperty = message('TwinProperty', {
  value: [1, 'string'],
  metadata: [2, 'string', 'map'],
});
export const DeviceProperty = message('DeviceProperty', {
  name: [1, 'string'],
  desired: [2, TwinProperty],
  visitors: [3, VisitorConfig],
  reportCycle: [4, 'int64'],
  collectCycle: [5, 'int64'],
  reportToCloud: [6, 'bool'],
  pushMethod: [7, PushMethod],
});
export const DeviceMethod = message('DeviceMethod', {
  name: [1, 'string'],
  description: [2, 'string'],
  propertyNames: [3, 'string', 'repeated'],
});
export const DeviceSpec = message('DeviceSpec', {
  deviceModelReference: [1, 'string'],
  protocol: [2, ProtocolConfig],
  properties: [3, DeviceProperty, 'repeated'],
  methods: [4, DeviceMethod, 'repeated'],
});
export const Twin = message('Twin', {
  propertyName: [1, 'string'],
  observedDesired: [2, TwinProperty],
  reported: [3, TwinProperty],
});
export const DeviceStatus = message('DeviceStatus', {
  twins: [1, Twin, 'repeated'],
  reportToCloud: [2, 'bool'],
  reportCycle: [3, 'int64'],
});
export const Device = message('Device', {
  name: [1, 'string'],
  spec: [2, DeviceSpec],
  status: [3, DeviceStatus],
  namespace: [4, 'string'],
});

export const MapperRegisterRequest = message('MapperRegisterRequest', {
  withData: [1, 'bool'],
  mapper: [2, MapperInfo],
});
export const MapperRegisterResponse = message('MapperRegisterResponse', {
  modelList: [1, DeviceModel, 'repeated'],
  deviceList: [2, Device, 'repeated'],
});
export const ReportDeviceStatusRequest = message('ReportDeviceStatusRequest', {
  deviceName: [1, 'string'],
  reportedDevice: [2, DeviceStatus],
  deviceNamespace: [3, 'string'],
});
export const ReportDeviceStatesRequest = message('ReportDeviceStatesRequest', {
  deviceName: [1, 'string'],
  deviceNamespace: [2, 'string'],
  state: [3, 'string'],
});
/** The answers of which nothing is read, and those that have no field. */
export const Empty = message('Empty', {});

export const MANAGER_SERVICE = '/v1beta1.DeviceManagerService/';

export const MapperRegister = method(
  `${MANAGER_SERVICE}MapperRegister`,
  MapperRegisterRequest,
  MapperRegisterResponse,
);
export const ReportDeviceStatus = method(
  `${MANAGER_SERVICE}ReportDeviceStatus`,
  ReportDeviceStatusRequest,
  Empty,
);
export const ReportDeviceStates = method(
  `${MANAGER_SERVICE}ReportDeviceStates`,
  ReportDeviceStatesRequest,
  Empty,
);

/** RegisterDeviceRequest and UpdateDeviceRequest. */
export const DeviceRequest = message('DeviceRequest', { device: [1, Device] });
/** CreateDeviceModelRequest and UpdateDeviceModelRequest. */
export const DeviceModelRequest = message('DeviceModelRequest', { model: [1, DeviceModel] });
/** RemoveDeviceRequest: deviceName, deviceNamespace; RemoveDeviceModelRequest: modelName, modelNamespace. */
export const RemoveRequest = message('RemoveRequest', { name: [1, 'string'], namespace: [2, 'string'] });

export type DeviceInit = Init<typeof Device>;
export type DeviceModelInit = Init<typeof DeviceModel>;
export type MapperInfoMessage = Decoded<typeof MapperInfo>;
export type TwinMessage = Decoded<typeof Twin>;
