import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts as KMS does. Each key id has its own key, which never leaves the process. */
export interface Keyring {
  /** Returns the ciphertext in base64. It is bound to the key and to the encryption context. */
  encrypt(keyId: string, context: string, plaintext: string): string;
  decrypt(keyId: string, context: string, ciphertext: string): string;
}

export function createKeyring(): Keyring {
  const keys = new Map<string, Buffer>();
  const keyOf = (keyId: string): Buffer => {
    const key = keys.get(keyId) ?? randomBytes(32);
    keys.set(keyId, key);
    return key;
  };
  return {
    encrypt(keyId, context, plaintext) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, keyOf(keyId), iv).setAAD(Buffer.from(context));
      return Buffer.concat([
        iv,
        cipher.update(plaintext, 'utf8'),
        cipher.final(),
        cipher.getAuthTag(),
      ]).toString('base64');
    },
    decrypt(keyId, context, ciphertext) {
      const bytes = Buffer.from(ciphertext, 'base64');
      const decipher = createDecipheriv(ALGORITHM, keyOf(keyId), bytes.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      return (
        decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      );
    },
  };
}
