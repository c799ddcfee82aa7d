/** An error of an AWS service. Clients see `type` as the name of the error. */
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
