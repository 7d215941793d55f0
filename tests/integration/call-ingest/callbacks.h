/* callbacks.h - a whole call's callbacks, told to the intake one by one, in any order. */
#pragma once
#include "ground.h"

enum { FORMS = 6, ORDERS = 720 };

/** One of the ORDERS in which the forms, numbered from 0 as Twilio posts them, can come. */
struct order {
    int form[FORMS];
};
struct order order_of(unsigned code);

struct told { /* what came of one callback */
    enum intake_answer answer;
    struct intake_plan plan;
};

/** Takes form `n` of this test's `call`; any form of any kind. */
struct told tell(struct ground *g, unsigned call, int n);
struct told tell_form(struct ground *g, enum callback_kind kind, struct cm_str form);
struct cm_str form_of(struct ground *g, struct cm_str call_sid, const char *from, struct cm_str to,
                      const char *rest);

/** Each of so many calls was told to the others once: its start, its end, its recording. */
void expect_events(struct ground *g, size_t calls);
