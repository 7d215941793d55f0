/* highlight.h - where in a call the words stand that were looked for.
 *
 * PostgreSQL finds the words, in any form, and puts a private-use character on either side of each;
 * the text itself has none of them, so whatever stands in it stays text. The turn with the most of
 * the words is cut here to an excerpt, and that into its pieces: never into markup.
 *
 * All of the text is marked (HighlightAll): choosing fragments by itself, ts_headline tries so many
 * stretches of a text that repeats itself (speech models do) that a phrase takes gigabytes.
 */
#pragma once
#include "base/json.h"

#define HIGHLIGHT_ON  "E'\\uE000'"
#define HIGHLIGHT_OFF "E'\\uE001'"

/* Of call c by the tsquery `query`: the turn, from a bit before its first word on. An ellipsis in
 * front of it says that it is cut there. NULL: there is no transcription. */
#define HIGHLIGHT_COLUMN(query)                                                                    \
    "(SELECT CASE WHEN h.at > 100 THEN E'\\u2026' || substr(h.turn, h.at - 80, 320)"               \
    " ELSE left(h.turn, 320) END"                                                                  \
    " FROM (SELECT l.turn, strpos(l.turn, " HIGHLIGHT_ON ") AS at FROM transcription t,"           \
    " string_to_table(ts_headline('english',"                                                      \
    " translate(t.text, " HIGHLIGHT_ON " || " HIGHLIGHT_OFF ", ''), " query ","                    \
    " 'HighlightAll=true, StartSel=' || " HIGHLIGHT_ON " || ', StopSel=' || " HIGHLIGHT_OFF "),"   \
    " E'\\n') WITH ORDINALITY AS l (turn, place) WHERE t.call_id = c.id"                           \
    " ORDER BY length(l.turn) - length(replace(l.turn, " HIGHLIGHT_ON ", '')) DESC, l.place"       \
    " LIMIT 1) h)"
enum { HIGHLIGHT_MAX = 320 }; /* characters of an excerpt, its marks too */

/** Writes the array `highlight` into the object that is open. */
void highlight_put(struct cm_json *json, struct cm_str excerpt);
