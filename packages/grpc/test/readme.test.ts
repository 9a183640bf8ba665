import { checkReadmeExample } from '@edgecore/testing';

checkReadmeExample(import.meta.url);
