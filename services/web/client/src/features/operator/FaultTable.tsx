/** What is wrong in a file, by the place where it stands there. */
import { Plural, Trans } from "@lingui/react/macro";
import { Alert, Stack } from "@mantine/core";
import classes from "./operator.module.css";

export interface Fault {
  place: string;
  what: string | null;
  text: string;
}

const SHOWN = 100;

export function FaultTable({ place, faults }: { place: string; faults: Fault[] }) {
  const more = faults.length - SHOWN;
  return (
    <Stack gap="xs">
      <Alert color="red" variant="light" role="alert">
        <Plural
          value={faults.length}
          one="# ошибка, ничего не загружено. Исправьте файл и выберите его снова."
          few="# ошибки, ничего не загружено. Исправьте файл и выберите его снова."
          many="# ошибок, ничего не загружено. Исправьте файл и выберите его снова."
          other="# ошибки, ничего не загружено. Исправьте файл и выберите его снова."
        />
      </Alert>
      <table className={classes.table}>
        <thead>
          <tr>
            <th className={classes.narrow}>{place}</th>
            <th>
              <Trans>Где</Trans>
            </th>
            <th>
              <Trans>Что не так</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {faults.slice(0, SHOWN).map((fault) => (
            <tr key={`${fault.place} ${fault.what} ${fault.text}`}>
              <td>{fault.place}</td>
              <td>{fault.what ?? "-"}</td>
              <td>{fault.text}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 ? (
        <span className={classes.dim}>
          <Trans>
            Показаны первые {SHOWN}, ещё {more} после них.
          </Trans>
        </span>
      ) : null}
    </Stack>
  );
}
