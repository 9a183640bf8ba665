import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@edgecore/testing';
import { type GrpcObject, loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import {
  loadSync,
  type MethodDefinition,
  type PackageDefinition,
  type ServiceDefinition,
} from '@grpc/proto-loader';

/** The tables of devicetwin.md §10.3 as protobuf's own language has them. */
const TABLES: Readonly<Record<string, string>> = {
  MapperRegisterRequest: '1 withData bool, 2 mapper MapperInfo',
  MapperRegisterResponse: '1 modelList repeated DeviceModel, 2 deviceList repeated Device',
  MapperInfo:
    '1 name string, 2 version string, 3 api_version string, 4 protocol string, 5 address bytes, 6 state string',
  DeviceModel: '1 name string, 2 spec DeviceModelSpec, 3 namespace string',
  DeviceModelSpec: '1 properties repeated ModelProperty, 2 commands repeated DeviceCommand',
  ModelProperty:
    '1 name string, 2 description string, 3 type string, 4 accessMode string, 5 minimum string, 6 maximum string, 7 unit string',
  DeviceCommand:
    '1 name string, 2 url string, 3 method string, 4 status_code repeated string, 5 parameters repeated string, 6 response bytes',
  Device: '1 name string, 2 spec DeviceSpec, 3 status DeviceStatus, 4 namespace string',
  DeviceSpec:
    '1 deviceModelReference string, 2 protocol ProtocolConfig, 3 properties repeated DeviceProperty, 4 methods repeated DeviceMethod',
  DeviceMethod: '1 name string, 2 description string, 3 propertyNames repeated string',
  DeviceProperty:
    '1 name string, 2 desired TwinProperty, 3 visitors VisitorConfig, 4 reportCycle int64, 5 collectCycle int64, 6 reportToCloud bool, 7 pushMethod PushMethod',
  ProtocolConfig: '1 protocolName string, 2 configData CustomizedValue',
  VisitorConfig: '1 protocolName string, 2 configData CustomizedValue',
  CustomizedValue: '1 data map<string,google.protobuf.Any>',
  AnomalyDetection: '1 data map<string,google.protobuf.Any>',
  PushMethod:
    '1 http PushMethodHTTP, 2 mqtt PushMethodMQTT, 3 dbMethod DBMethod, 4 otel PushMethodOTEL, 5 anomalyDetection AnomalyDetection',
  PushMethodHTTP: '1 hostname string, 2 port int64, 3 requestpath string, 4 timeout int64',
  PushMethodMQTT: '1 address string, 2 topic string, 3 qos int32, 4 retained bool',
  PushMethodOTEL: '1 endpointURL string',
  DBMethod:
    '1 influxdb2 DBMethodInfluxdb2, 2 redis DBMethodRedis, 3 tdengine DBMethodTDEngine, 4 mysql DBMethodMySQL',
  DBMethodInfluxdb2:
    '1 influxdb2ClientConfig Influxdb2ClientConfig, 2 influxdb2DataConfig Influxdb2DataConfig',
  Influxdb2ClientConfig: '1 url string, 2 org string, 3 bucket string',
  Influxdb2DataConfig: '1 measurement string, 2 tag map<string,string>, 3 fieldKey string',
  DBMethodRedis: '1 redisClientConfig RedisClientConfig',
  RedisClientConfig: '1 addr string, 2 db int32, 3 poolsize int32, 4 minIdleConns int32',
  DBMethodTDEngine: '1 tdEngineClientConfig TDEngineClientConfig',
  TDEngineClientConfig: '1 addr string, 2 dbname string',
  DBMethodMySQL: '1 mysqlClientConfig MySQLClientConfig',
  MySQLClientConfig: '1 addr string, 2 database string, 3 userName string',
  DeviceStatus: '1 twins repeated Twin, 2 reportToCloud bool, 3 reportCycle int64',
  Twin: '1 propertyName string, 2 observedDesired TwinProperty, 3 reported TwinProperty',
  TwinProperty: '1 value string, 2 metadata map<string,string>',
  ReportDeviceStatusRequest: '1 deviceName string, 2 reportedDevice DeviceStatus, 3 deviceNamespace string',
  ReportDeviceStatesRequest: '1 deviceName string, 2 deviceNamespace string, 3 state string',
  RegisterDeviceRequest: '1 device Device',
  UpdateDeviceRequest: '1 device Device',
  GetDeviceResponse: '1 device Device',
  RegisterDeviceResponse: '1 deviceName string, 2 deviceNamespace string',
  CreateDeviceModelRequest: '1 model DeviceModel',
  UpdateDeviceModelRequest: '1 model DeviceModel',
  CreateDeviceModelResponse: '1 deviceModelName string, 2 deviceModelNamespace string',
  RemoveDeviceRequest: '1 deviceName string, 2 deviceNamespace string',
  GetDeviceRequest: '1 deviceName string, 2 deviceNamespace string',
  RemoveDeviceModelRequest: '1 modelName string, 2 modelNamespace string',
  ReportDeviceStatusResponse: '',
  ReportDeviceStatesResponse: '',
  RemoveDeviceResponse: '',
  UpdateDeviceResponse: '',
  RemoveDeviceModelResponse: '',
  UpdateDeviceModelResponse: '',
};

const SERVICES: Readonly<Record<string, readonly string[]>> = {
  DeviceManagerService: ['MapperRegister', 'ReportDeviceStatus', 'ReportDeviceStates'],
  DeviceMapperService: [
    'RegisterDevice',
    'RemoveDevice',
    'UpdateDevice',
    'CreateDeviceModel',
    'RemoveDeviceModel',
    'UpdateDeviceModel',
    'GetDevice',
  ],
};

const VALUES = ['StringValue', 'BoolValue', 'FloatValue', 'Int64Value'];

function protoText(): string {
  const messages = Object.entries(TABLES).map(([name, row]) => {
    const fields = row === '' ? [] : row.split(/, (?=\d)/);
    const lines = fields.map((field) => {
      const [number, name, ...type] = field.split(' ');
      return `  ${type.join(' ')} ${name} = ${number};`;
    });
    return `message ${name} {\n${lines.join('\n')}\n}`;
  });
  const services = Object.entries(SERVICES).map(([service, methods]) => {
    const lines = methods.map((method) => `  rpc ${method}(${method}Request) returns (${method}Response);`);
    return `service ${service} {\n${lines.join('\n')}\n}`;
  });
  const values = VALUES.map(
    (type) => `  rpc ${type}(google.protobuf.${type}) returns (google.protobuf.Any);`,
  );
  return [
    'syntax = "proto3";\npackage v1beta1;',
    'import "google/protobuf/any.proto";\nimport "google/protobuf/wrappers.proto";',
    ...messages,
    ...services,
    // Only to get at protobuf's wrappers.
    `service Values {\n${values.join('\n')}\n}`,
  ].join('\n\n');
}

const file = join(await tempDir(), 'dmi.proto');
writeFileSync(file, protoText());
const definition: PackageDefinition = loadSync(file, { longs: String, defaults: true, keepCase: false });

export type Method = MethodDefinition<object, object>;

/** A method of the reference, with its (de)serializers. */
export function referenceMethod(service: string, method: string): Method {
  return (definition[`v1beta1.${service}`] as ServiceDefinition)[method] as Method;
}

/** A client or server class of the reference, `DeviceManagerService` or `DeviceMapperService`. */
export function referenceService(name: string): ServiceClientConstructor {
  return (loadPackageDefinition(definition)['v1beta1'] as GrpcObject)[name] as ServiceClientConstructor;
}
