/** Mantine's calendars in the language of the page; they do not follow dayjs' global locale. */
import "dayjs/locale/ru";
import { useLingui } from "@lingui/react";
import { DatesProvider } from "@mantine/dates";
import type { ReactNode } from "react";

export function DatesLanguage({ children }: { children: ReactNode }) {
  const { i18n } = useLingui();
  return (
    <DatesProvider settings={{ locale: i18n.locale === "en" ? "en" : "ru", firstDayOfWeek: 1 }}>
      {children}
    </DatesProvider>
  );
}
