/** What an application is told, always with HTTP status 200 (servicebus.md §4). */
export interface UploadAnswer {
  /** 200: the cloud answered. 400, 403, 429: it was not asked, or did not answer. */
  readonly code: number;
  readonly msg: string;
  /** Body of the cloud service's answer. */
  readonly body: string;
}

export function answered(body: string): UploadAnswer {
  return { code: 200, msg: 'receive response from cloud successfully', body };
}

export function refused(msg: string, code = 400): UploadAnswer {
  return { code, msg, body: '' };
}
