/** Passkeys in the browser (WebAuthn): JSON of the API to the browser's calls and back. */
import { ProblemError } from "../api/problem";

type Options = Record<string, unknown>;

/** A passkey belongs to a host name: on a bare address, or without HTTPS, browsers refuse it. */
export function passkeysWork(): boolean {
  return (
    window.isSecureContext &&
    typeof PublicKeyCredential === "function" &&
    typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function" &&
    !/^(\d{1,3}\.){3}\d{1,3}$|^\[/.test(window.location.hostname)
  );
}

/** The signed answer of one of the user's passkeys. Throws ProblemError "passkey_cancelled" when none was chosen. */
export function askPasskey(options: Options): Promise<Options> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  return asJson(() => navigator.credentials.get({ publicKey }));
}

/** A new passkey. Throws ProblemError "passkey_cancelled" when the user or the device made none. */
export function makePasskey(options: Options): Promise<Options> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  return asJson(() => navigator.credentials.create({ publicKey }));
}

async function asJson(call: () => Promise<Credential | null>): Promise<Options> {
  let credential: Credential | null;
  try {
    credential = await call();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    const code = error.name === "InvalidStateError" ? "passkey_known" : "passkey_cancelled";
    throw new ProblemError({ status: 0, code });
  }
  if (!(credential instanceof PublicKeyCredential)) {
    throw new ProblemError({ status: 0, code: "passkey_cancelled" });
  }
  return credential.toJSON() as unknown as Options;
}
