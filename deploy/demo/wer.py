#!/usr/bin/env python3
"""Compares what was said with what was understood, turn by turn, and tells the word error rate.

    wer.py SCRIPT TRANSCRIPT [--max PERCENT]

Both hold lines "caller: words" and "agent: words" (any case; # begins a comment). Prints the two side
by side, then the rate: words that were changed, left out or added, as a part of the words that were
said. Case and punctuation do not count, and neither does how a number or an e-mail address is spelled.
With --max the exit status is 1 when the rate is above it.
"""
import argparse
import re
import textwrap

ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen " \
       "sixteen seventeen eighteen nineteen".split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
COLUMN = 46


def number_words(digits):
    n = int(digits)
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (" " + ONES[n % 10] if n % 10 else "")
    return " ".join(ONES[int(d)] for d in digits)


def normal(text):
    """-> the words, spelled one way"""
    text = text.lower().replace("\u2019", "'").replace("@", " at ")
    text = re.sub(r"(?<=\w)\.(?=\w)", " dot ", text)
    text = re.sub(r"\d+", lambda m: f" {number_words(m.group())} ", text)
    text = re.sub(r"[^\w' ]+", " ", text.replace("e-mail", "email"))
    return [word.strip("'") for word in text.split() if word.strip("'")]


def turns(path):
    """-> [(who, text)], neighbours of one speaker joined"""
    found = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            match = re.match(r"\s*(caller|agent)\s*:\s*(.*)", line, re.I)
            if match and found and found[-1][0] == match.group(1).lower():
                found[-1] = (found[-1][0], found[-1][1] + " " + match.group(2))
            elif match:
                found.append((match.group(1).lower(), match.group(2)))
            elif line.strip() and not line.lstrip().startswith("#") and found:
                found[-1] = (found[-1][0], found[-1][1] + " " + line.strip())
    return found


def edits(said, heard):
    """-> how few words must change, go or come (Levenshtein)"""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def side_by_side(said, heard):
    print(f"  {'the script':<8}{'':{COLUMN - 2}} {'the transcript'}")
    for i in range(max(len(said), len(heard))):
        left = f"{said[i][0]}: {said[i][1]}" if i < len(said) else ""
        right = f"{heard[i][0]}: {heard[i][1]}" if i < len(heard) else ""
        lefts, rights = textwrap.wrap(left, COLUMN), textwrap.wrap(right, COLUMN)
        for k in range(max(len(lefts), len(rights))):
            a, b = (column[k] if k < len(column) else "" for column in (lefts, rights))
            print(f"  {a:<{COLUMN}} | {b}".rstrip())


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("script")
    ask.add_argument("transcript")
    ask.add_argument("--max", type=float)
    args = ask.parse_args()

    said, heard = turns(args.script), turns(args.transcript)
    side_by_side(said, heard)
    spoken = [word for _, text in said for word in normal(text)]
    understood = [word for _, text in heard for word in normal(text)]
    if not spoken:
        raise SystemExit(f"{args.script}: no words")
    wrong = edits(spoken, understood)
    rate = 100 * wrong / len(spoken)
    print(f"\nword error rate: {rate:.1f} % ({wrong} of {len(spoken)} words)")
    return 1 if args.max is not None and rate > args.max else 0


if __name__ == "__main__":
    raise SystemExit(main())
