/** The half hours of a correction, active energy taken: before and after, with the quality of each. */
import { Trans, useLingui } from "@lingui/react/macro";
import { api } from "../../shared/api/client";
import type { Edit } from "../../shared/api/types";
import { useFormat } from "../../shared/i18n/useFormat";
import sheet from "../../shared/ui/sheet.module.css";
import { QueryBlock } from "../../shared/ui/states";

const CHANNELS = [
  ["A+", "former_a_plus_wh", "a_plus_wh"],
  ["A−", "former_a_minus_wh", "a_minus_wh"],
  ["R+", "former_r_plus_varh", "r_plus_varh"],
  ["R−", "former_r_minus_varh", "r_minus_varh"],
] as const;

export function EditValues({ editId, zone }: { editId: string; zone: string }) {
  const params = { path: { edit_id: editId } };
  const query = api.useQuery("get", "/api/v1/operator/edits/{edit_id}", { params });
  return (
    <QueryBlock query={query} height={120}>
      {(edit) => <ValuesTable edit={edit} zone={zone} />}
    </QueryBlock>
  );
}

function ValuesTable({ edit, zone }: { edit: Edit; zone: string }) {
  const { t } = useLingui();
  const format = useFormat();
  const amount = (value: number | null) => (value === null ? t`нет` : format.number(value / 1000, 3));
  return (
    <table className={sheet.table}>
      <thead>
        <tr>
          <th scope="col">
            <Trans>Начало</Trans>
          </th>
          <th scope="col">
            <Trans>Энергия</Trans>
          </th>
          <th scope="col" className={sheet.number}>
            <Trans>Было</Trans>
          </th>
          <th scope="col" className={sheet.number}>
            <Trans>Станет</Trans>
          </th>
        </tr>
      </thead>
      <tbody>
        {edit.slots.flatMap((slot) =>
          CHANNELS.filter(([name, former, next]) => name === "A+" || slot[former] !== slot[next]).map(
            ([name, former, next]) => (
              <tr key={`${slot.start} ${name}`}>
                <td>{format.dateTime(slot.start, zone)}</td>
                <td>{name}</td>
                <td className={sheet.number}>
                  {amount(slot[former])} {slot.former_quality ?? ""}
                </td>
                <td className={sheet.number}>
                  {amount(slot[next])} {slot.quality}
                </td>
              </tr>
            ),
          ),
        )}
      </tbody>
    </table>
  );
}
