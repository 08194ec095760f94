# What Demeu says in Russian. One message per kind; `benefit` comes from services/{code}.ru.ftl.
# Rules: full stops and commas only, no link, no code, nothing to pay; the benefit stands after a colon, so that its
# name never has to be declined. A cause is named only where nothing else can be it. `.brief` is the second line under a Kazakh message.

-questions = Вопросы: 1414, бесплатно.
-ordinary = Обычное заявление можно подать в ЦОН.
-account = 20 знаков, начинается с букв KZ

money = { $frequency ->
    [monthly] { $amount } тенге в месяц
   *[once] { $amount } тенге
}

yes = ДА
no = НЕТ
why = ПОЧЕМУ

offer = Вам положено: { benefit }, { money }. Согласны оформить без заявления? Ответьте { $yes } или { $no } до { $until }, бесплатно. Кодов и денег не просим, ссылок не шлём. Проверить: 1414.
    .brief = Рус.: { $amount } тенге. Ответ: { $yes } или { $no }.
    .hint = Расчёт: { $why_word }.

offer_more = Сумма пересчитана: { benefit }, теперь положено { money } вместо { $amount_before } тенге. Согласны? Ответьте { $yes } или { $no } до { $until }, бесплатно. Кодов и денег не просим, ссылок не шлём. Проверить: 1414.
    .brief = Рус.: { $amount } тенге вместо { $amount_before }. Ответ: { $yes } или { $no }.
    .hint = Расчёт: { $why_word }.

reminder = Напоминаем: { benefit }, { money }. Ждём Ваш ответ: { $yes } или { $no } до { $until }. Ответ бесплатный. Проверить: 1414.
    .brief = Рус.: ответьте { $yes } или { $no }.

unclear = Мы не поняли Ваш ответ: { benefit }. Отправьте только { $yes } или { $no }. Срок: { $until }. { -questions }
    .brief = Рус.: ответьте { $yes } или { $no }.

refused_confirmed = Ваш отказ принят, оформлять не будем: { benefit }. { $open ->
    [yes] Если это ошибка, ответьте { $yes } до { $until }. Позже можно подать заявление в ЦОН.
   *[no] Если передумаете, подайте заявление в ЦОН.
} { -questions }

late = Ваш ответ пришёл после срока, поэтому так оформить уже нельзя: { benefit }. { -ordinary } { -questions }

lapsed = Срок ответа истёк, поэтому не оформлено: { benefit }. { -ordinary } { -questions }

already_answered = Ваш прежний ответ уже принят: { benefit }. Отвечать ещё раз не нужно. { -questions }

ask_account = Для выплаты нужен Ваш счёт: { benefit }. Подходящего в банках мы не нашли. Пришлите в ответ номер счёта (IBAN) на Ваше имя: { -account }. Срок: { $until }. Номер карты, коды и пароли не присылайте.
    .brief = Рус.: пришлите IBAN своего счёта.

account_bad = { $problem ->
    [invalid] В номере счёта ошибка.
    [not_own] Этот счёт открыт не на Ваше имя.
    [blocked] Этот счёт заблокирован.
    [closed] Этот счёт закрыт.
    [unknown] Такого счёта в банках нет.
   *[rejected] Банк не принял деньги на этот счёт.
} Пришлите другой счёт (IBAN) на Ваше имя: { -account }. Срок: { $until }. Выплата: { benefit }.
    .brief = Рус.: пришлите IBAN другого счёта.

account_lapsed = Счёт, на который можно перевести деньги, не пришёл в срок, поэтому они не переведены: { benefit }. { -ordinary } { -questions }

missing_document = Не хватает документа: { $document }. Он нужен для выплаты: { benefit }. Срок сдачи в ЦОН: { $until }. { -questions }
    .brief = Рус.: не хватает документа, 1414 бесплатно.

document_lapsed = Документ не поступил в срок, поэтому не оформлено: { benefit }. Не хватало: { $document }. { -ordinary } { -questions }

stopped = Оформление остановлено: { benefit }. Причину Вам скажут по номеру 1414, бесплатно. { -ordinary }

assigned_and_paid = Назначено: { benefit }, { money }. Деньги переведены на Ваш счёт, последние 4 знака: { $last4 }. { $open ->
    [yes] Право действует по { $until }.
   *[no] {""}
} { -questions }

body_refused = В назначении отказано: { benefit }. Причина: { $reason }. Если не согласны, позвоните на 1414, бесплатно.

amount_changed = Перед оформлением сумма пересчитана: { benefit }, { money }. От Вас ничего не нужно. { -questions }

change_granted = Сумма пересчитана по данным реестров: { benefit }, теперь { money } вместо { $amount_before } тенге. Разницу оформляем сами, от Вас ничего не нужно. { -questions }

which_question = { $several ->
    [yes] Вам задано несколько вопросов:
   *[no] Вам задан один вопрос:
}
    { $questions }
    { $several ->
    [yes] Ответьте на каждый с его номером, например: { $yes } или { $no }.
   *[no] Ответьте с его номером: { $yes } или { $no }.
}
    .brief = Рус.: ответьте с номером: { $yes } или { $no }.

no_question = Сейчас вопросов к Вам нет, отвечать не нужно. { -questions }

# To who asks why. `.hint` of an offer says that one may, where it costs no further part.

why_amount = Расчёт: { benefit }, { money }{ $open ->
    [yes] , по { $until }
   *[no] {""}
}. { $figures }Основание: { $ground }. Не согласны: 1414, бесплатно.

why_refused = Не назначено: { benefit }. Причина: { $why }. Основание: { $ground }. Обжалование: 1414, бесплатно.

why_undecided = Ещё не решено: { benefit }. Решит специалист. { -questions }

overpaid = Переплата: { benefit }, всего { $amount } тенге. Эту сумму частями удержат из следующих выплат. Не согласны: позвоните на 1414 не позднее { $day }, бесплатно.

# Notices: nothing is asked and nothing is to be answered.

-no_answer = Отвечать на это сообщение не нужно.

pension_age_near = Скоро Вы достигнете пенсионного возраста: { $day }, полных лет: { $age }. Чтобы назначили пенсию, подайте заявление в ЦОН. { -no_answer } { -questions }

pension_age_reached = Вы достигли пенсионного возраста: { $day }, полных лет: { $age }. Чтобы назначили пенсию, подайте заявление в ЦОН. { -no_answer } { -questions }

pension_changed = Ваша пенсия изменилась: { $amount } тенге в месяц, раньше { $amount_before } тенге. Новый размер действует с { $day }. { -no_answer } { -questions }

kandas_ends = Последний день Вашего статуса кандаса: { $day }. Что делать дальше, узнайте по номеру 1414, бесплатно. { -no_answer }

kandas_extended = Ваш статус кандаса продлён, последний день: { $day }. { -no_answer } { -questions }

employment_measures = Вы на учёте по безработице с { $day }. Вам могут помочь: { $measures }. Что из этого есть сейчас, скажет карьерный центр. { -questions }

measure = { $code ->
    [job_placement] трудоустройство
    [training] обучение
    [business_grant] грант на своё дело
    [public_works] общественные работы
    [social_job] социальное рабочее место
    [youth_practice] молодёжная практика
   *[silver_age] программа Серебряный возраст
}
