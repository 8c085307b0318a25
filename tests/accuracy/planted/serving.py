"""What serving stacks and scrapers put where a turn should be."""

from __future__ import annotations

import json
import random

from tests.accuracy.planting import Planted, answer, anywhere, defect, halves, lure
from tests.accuracy.sound import Dialogue

MODELS = ("llama-3-8b-instruct", "Qwen2.5-7B-Instruct", "gpt-4o-2024-08-06", "mistral-small", "grok-2", "claude-3-opus")


def _lengths(rng: random.Random) -> tuple[int, int]:
    limit = rng.choice((2048, 4096, 8192, 9000, 16384, 32768, 131072, 200000))
    return limit + rng.randrange(1, 4000), limit


def _error(rng: random.Random) -> str:
    used, limit = _lengths(rng)
    model = rng.choice(MODELS)
    wait = rng.choice(("20s", "6.2s", "1m30s", "850ms"))
    openai = (
        f"This model's maximum context length is {limit} tokens. However, you requested {used} tokens "
        f"({used - 512} in the messages, 512 in the completion). Please reduce the length of the messages or completion."
    )
    rate = (
        f"Rate limit reached for {model} in organization org-{rng.getrandbits(64):016x} on tokens per min (TPM): "
        f"Limit {limit}, Used {limit - 100}, Requested {used}. Please try again in {wait}."
    )
    return rng.choice(
        (
            f"The decoder prompt (length {used}) is longer than the maximum model length of {limit}. Make sure that "
            "`max_model_len` is no smaller than the number of text tokens.",
            f"The decoder prompt (length {used}) is longer than the maximum model length of {limit}. Make sure that "
            "`max_model_len` is no smaller than the number of text tokens plus multimodal tokens. For image inputs, the "
            "number of image tokens depends on the number of images, and possibly their aspect ratios as well.",
            f"The encoder prompt (length {used}) is longer than the maximum model length of {limit}.",
            f"Prompt length of {used} is longer than the maximum model length of {limit}.",
            openai,
            f"This model's maximum context length is {limit} tokens. However, your messages resulted in {used} tokens. "
            "Please reduce the length of the messages.",
            "Error code: 400 - " + repr({"error": {"message": openai, "type": "BadRequestError", "code": 400}}),
            "Error code: 429 - " + repr({"error": {"message": rate, "code": "rate_limit_exceeded"}}),
            json.dumps({"error": {"message": rate, "type": "tokens", "param": None, "code": "rate_limit_exceeded"}}),
            rate,
            "Error code: 400 - "
            + repr(
                {
                    "type": "error",
                    "error": {
                        "type": "invalid_request_error",
                        "message": f"prompt is too long: {used} tokens > {limit} maximum",
                    },
                }
            ),
            f"prompt is too long: {used} tokens > {limit} maximum",
            '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
            "An error occurred (ValidationException) when calling the InvokeModel operation: Input is too long for "
            "requested model.",
            f"400 The input token count ({used}) exceeds the maximum number of tokens allowed ({limit}).",
            f"This model's maximum prompt length is {limit} but the request contains {used} tokens.",
            "the request exceeds the available context size. try increasing the context size or enable context shift",
            f"Prompt contains {used} tokens and 0 draft tokens, too large for model with {limit} maximum context length",
            "The number of tokens to keep from the initial prompt is greater than the context length. Try to load the "
            "model with a larger context length, or provide a shorter input",
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please "
            "modify your prompt and retry.",
            "The response was filtered due to the prompt triggering Azure OpenAI\u2019s content management policy. Please "
            "modify your prompt and retry. To learn more about our content filtering policies please read our "
            "documentation: https://go.microsoft.com/fwlink/?linkid=2198766",
            "**API REQUEST ERROR** Reason: The request timed out.",
            "**NETWORK ERROR DUE TO HIGH TRAFFIC. PLEASE REGENERATE OR REFRESH THIS PAGE.**\n\n"
            "(error_code: 50001, CUDA out of memory.)",
            "$MODERATION$ YOUR INPUT VIOLATES OUR CONTENT MODERATION GUIDELINES.",
            "THE RATE LIMIT OF THIS MODEL IS REACHED. PLEASE COME BACK LATER OR USE OTHER MODELS.",
            "CONVERSATION LENGTH LIMIT REACHED. PLEASE CLEAR HISTORY.",
            "Too many requests in 1 hour. Try again later.",
            "jinja2.exceptions.TemplateError: Conversation roles must alternate user/assistant/user/assistant/...",
            f"[address=127.0.0.1:{rng.randrange(30000, 50000)}, pid={rng.randrange(100, 90000)}] The prompt length is "
            f"greater than the context window of {limit}.",
            f"HTTPSConnectionPool(host='api.example.com', port=443): Read timed out. (read timeout={rng.choice((60, 600))})",
            "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>"
            "\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>".replace("\r", ""),
            f"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate {rng.randrange(20, 900)}.00 MiB. GPU 0 has a "
            "total capacity of 23.65 GiB of which 12.06 MiB is free.",
            "Traceback (most recent call last):\n"
            f'  File "/app/serve/{rng.choice(("worker", "engine", "client"))}.py", line {rng.randrange(20, 900)}, in '
            'generate\n    reply = choices[0]["message"]\nKeyError: 0',
        )
    )


def _one_line(rng: random.Random) -> str:
    while "\n" in (error := _error(rng)):
        pass
    return error


@defect("C401", "S202", "C409", "C416")
def error_as_the_turn(dialogue: Dialogue, rng: random.Random) -> Planted:
    place, error = answer(dialogue, rng), _error(rng)
    dialogue.turns[place].text = error
    return Planted(place, error)


@defect("C401", "S202")
def error_in_brackets(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = answer(dialogue, rng)
    error = _one_line(rng)
    side = dialogue.speakers[1].lower()
    wrapper = rng.choice(
        ("{model} {side} generation error: {error}", "{side} error: {error}", "Error: {error}", "{error}")
    )
    text = "[" + wrapper.format(model=rng.choice(MODELS), side=side, error=error) + "]"
    dialogue.turns[place].text = text
    return Planted(place, text)


@defect("C401", "C416")
def error_after_half_a_turn(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = answer(dialogue, rng)
    side = dialogue.speakers[1].lower()
    error = f"[{rng.choice(MODELS)} {side} generation error: {_one_line(rng)}]"
    dialogue.turns[place].text = f"{halves(dialogue.turns[place].text)[0]}\n\n{error}"
    return Planted(place, error)


@defect("C402")
def placeholder(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = anywhere(dialogue, rng)
    text = rng.choice(
        (
            "[Answer not properly formatted or missing]",
            "[Response not properly formatted]",
            "[Answer missing]",
            "[no response]",
            "[No response generated]",
            "[empty response]",
            "[deleted]",
            "[removed]",
            "[Message deleted]",
            "<no output>",
            "N/A",
            "(no response)",
        )
    )
    dialogue.turns[place].text = text
    return Planted(place, text)


@defect("C408", "C416", "S211")
def unfinished_stream(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = answer(dialogue, rng)
    begun = halves(dialogue.turns[place].text)[0]
    begun = begun[: max(12, len(begun) * 2 // 3)].rstrip()
    mark = rng.choice(("▌", " ▌", '<span class="cursor"></span>', "\n\nContinue generating"))
    dialogue.turns[place].text = begun + mark
    return Planted(place, mark.strip())


@defect("C412", "L302")
def serialised_null(dialogue: Dialogue, rng: random.Random) -> Planted:
    place = anywhere(dialogue, rng)
    text = rng.choice(("null", "None", "undefined", "NaN", "{}", "nan", "NULL"))
    dialogue.turns[place].text = text
    return Planted(place, text)


@lure("C401")
def talk_of_errors(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text = rng.choice(
        (
            "You hit your limit that evening, and you noticed it. That is new.",
            "That was an error, not a crime. What would you say to a colleague who made it?",
            "The website said too many requests, try again later, so I gave up and went to bed.",
            "I kept getting a 502 from the booking page, and then the connection timed out.",
            "Something went wrong between us in March. I can't name the day.",
            "My manager said the report was too long and I should reduce its length, as always.",
            "I got the message “CUDA out of memory” again. Should I lower the batch size?",
            "It says maximum length 500 characters, and I had written two pages about him.",
            "My quota is full, I'm overloaded, and the phone keeps ringing.",
            "Error 404, that's what my son calls it when I stare out of the window.",
            "Rate limit reached, I thought, when she asked me for the fifth favour of the day.",
            "The context is missing in your story: what did she say before that?",
        )
    )


@lure("C402")
def words_in_brackets(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text = rng.choice(
        (
            "There was no response. I rang twice.",
            "He deleted it. All of it, eleven years of pictures.",
            "No answer. Just the machine.",
            "I wrote N/A in the field for next of kin, and then I sat there.",
            "The answer is missing from every letter he wrote.",
            "[Name removed] said I should come back in the spring.",
        )
    )


@lure("C408")
def blocks_and_cursors(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text = rng.choice(
        (
            "The cursor just blinks at me. ▌ is all I have written of the thesis.",
            "My progress bar this week: ▌▌▌▌ out of ten.",
            "I want to continue generating income after I retire, that's all.",
            "He said continue, so I did.",
        )
    )


@lure("C412")
def null_as_a_word(dialogue: Dialogue, rng: random.Random) -> None:
    dialogue.turns[anywhere(dialogue, rng)].text = rng.choice(
        (
            "None of that helped.",
            "None. Not a single one of them called.",
            "Null and void, that's what the lawyer said.",
            "My nan raised me.",
            "It returns undefined when the key isn't there, why?",
        )
    )
