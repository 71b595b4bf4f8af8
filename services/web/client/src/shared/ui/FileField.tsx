/** One file of the user's, chosen or dropped; its bytes are read at once, so that what was checked is what is sent. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Input } from "@mantine/core";
import { type ReactNode, useId, useState } from "react";
import classes from "./FileField.module.css";

export interface ReadFile {
  name: string;
  mediaType: string;
  bytes: ArrayBuffer;
}

export function FileField(props: {
  label: string;
  description: ReactNode;
  /** The media type of each file ending that is taken, with its dot. */
  mediaTypes: Record<string, string>;
  maxBytes: number;
  onChange: (file: ReadFile | null) => void;
}) {
  const { label, description, mediaTypes, maxBytes, onChange } = props;
  const { t } = useLingui();
  const id = useId();
  const [name, setName] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const endings = Object.keys(mediaTypes).join(", ");

  const take = async (file: File | undefined) => {
    onChange(null);
    setError(null);
    setName(file?.name ?? null);
    if (file === undefined) return;
    const ending = /\.[^.]+$/.exec(file.name.toLowerCase())?.[0] ?? "";
    const mediaType = mediaTypes[ending];
    if (mediaType === undefined) setError(t`Выберите файл ${endings}`);
    else if (file.size > maxBytes) setError(t`Файл больше 1 МБ. Разделите его на части.`);
    else {
      const bytes = await file.arrayBuffer().catch(() => null);
      if (bytes === null) setError(t`Файл не читается. Выберите его снова.`);
      else onChange({ name: file.name, mediaType, bytes });
    }
  };

  return (
    <Input.Wrapper
      id={id}
      label={label}
      description={description}
      error={error}
      size="md"
      descriptionProps={{ id: `${id}-hint` }}
      errorProps={{ id: `${id}-error` }}
    >
      <div className={classes.drop} data-invalid={error !== null || undefined}>
        <span className={classes.button}>
          <Trans>Выбрать файл</Trans>
        </span>
        <span>{name ?? <Trans>или перетащить его сюда</Trans>}</span>
        {/* Over the whole field, unseen: the browser's own button speaks the browser's language. */}
        <input
          id={id}
          type="file"
          accept={endings}
          className={classes.input}
          aria-invalid={error !== null}
          aria-describedby={error === null ? `${id}-hint` : `${id}-hint ${id}-error`}
          // The same file again, corrected meanwhile, is a choice too.
          onClick={(event) => {
            event.currentTarget.value = "";
          }}
          onChange={(event) => void take(event.currentTarget.files?.[0])}
        />
      </div>
    </Input.Wrapper>
  );
}
