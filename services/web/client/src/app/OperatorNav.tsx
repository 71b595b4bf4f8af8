/** Where the staff of a supplier works: its contracts, files of them, values in question, days and receipts. */
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { api } from "../shared/api/client";
import type { User } from "../shared/api/types";
import classes from "./SideNav.module.css";

export function OperatorNav({ user }: { user: User }) {
  const { t } = useLingui();
  const suppliers = api.useQuery("get", "/api/v1/suppliers");
  const name = suppliers.data?.items.find(({ code }) => code === user.supplier)?.name ?? user.supplier;
  const link = { className: classes.item, activeProps: { "data-active": true } };
  return (
    <nav aria-label={t`Кабинет поставщика`} className={classes.nav}>
      <div className={classes.caption}>
        <span className={classes.line}>
          <Trans>Кабинет поставщика</Trans>
        </span>
        <span className={classes.name}>{name}</span>
      </div>
      <ul className={classes.list}>
        <li>
          <Link to="/operator/contracts" {...link}>
            <Trans>Договоры</Trans>
          </Link>
        </li>
        <li>
          <Link to="/operator/import" {...link}>
            <Trans>Загрузка файлов</Trans>
          </Link>
        </li>
        <li>
          <Link to="/operator/questions" {...link}>
            <Trans>Вопросы к значениям</Trans>
          </Link>
        </li>
        <li>
          <Link to="/operator/edits" {...link}>
            <Trans>Исправления</Trans>
          </Link>
        </li>
        <li>
          <Link to="/operator/completeness" {...link}>
            <Trans>Полнота данных</Trans>
          </Link>
        </li>
        <li>
          <Link to="/operator/receipts" {...link}>
            <Trans>Ответы расчётной системы</Trans>
          </Link>
        </li>
        <li>
          <Link to="/operator/outages" {...link}>
            <Trans>Плановые отключения</Trans>
          </Link>
        </li>
        <li>
          <Link to="/operator/replays" {...link}>
            <Trans>Повторная отправка</Trans>
          </Link>
        </li>
      </ul>
    </nav>
  );
}
