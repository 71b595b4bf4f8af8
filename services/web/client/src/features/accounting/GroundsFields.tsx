/** Why a value is confirmed or changed, and the document behind it. */
import { useLingui } from "@lingui/react/macro";
import { Textarea, TextInput } from "@mantine/core";

export interface Grounds {
  reason: string;
  document: string;
}

export const NO_GROUNDS: Grounds = { reason: "", document: "" };

/** As the API takes them; without a reason there is nothing to send. */
export function sentGrounds({
  reason,
  document,
}: Grounds): { reason: string; document: string | null } | null {
  if (reason.trim() === "") return null;
  return { reason: reason.trim(), document: document.trim() === "" ? null : document.trim() };
}

export function GroundsFields(props: {
  value: Grounds;
  error: string | null;
  onChange: (value: Grounds) => void;
}) {
  const { value, error, onChange } = props;
  const { t } = useLingui();
  return (
    <>
      <Textarea
        label={t`Причина`}
        required
        maxLength={1000}
        rows={3}
        error={error}
        value={value.reason}
        onChange={({ currentTarget }) => onChange({ ...value, reason: currentTarget.value })}
      />
      <TextInput
        label={t`Документ`}
        description={t`Акт или письмо, если есть`}
        maxLength={300}
        value={value.document}
        onChange={({ currentTarget }) => onChange({ ...value, document: currentTarget.value })}
      />
    </>
  );
}
