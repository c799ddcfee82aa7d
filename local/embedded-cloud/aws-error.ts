/** An error that is answered in the shape of AWS's JSON protocols: `__type` and `message`. */
export class AwsError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

export function validation(message: string): AwsError {
  return new AwsError('ValidationException', message);
}
