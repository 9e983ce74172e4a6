// SPDX-License-Identifier: MIT
#include "graders/stance.h"

#include <algorithm>
#include <string>

#include "harness/text/ascii.h"

namespace proctor {
namespace {

constexpr std::string_view kAffirmers[] = {"correct", "answer", "best", "choose", "chose", "select", "right", "pick"};
constexpr std::string_view kDeniers[] = {"wrong",      "incorrect",   "false",      "untrue",     "invalid",
                                         "impossible", "implausible", "unlikely",   "mistaken",   "inconsistent",
                                         "out",        "flawed",      "unsuitable", "inaccurate", "unsupported"};
constexpr std::string_view kNegators[] = {"not",    "cannot", "never",  "no",     "neither", "nor",       "nicht",
                                          "hardly", "barely", "almost", "nearly", "partly",  "partially", "less",
                                          "pas"};
// Beginnings of verbs that turn down what comes behind them and, in the passive, what comes before.
constexpr std::string_view kTurningDown[] = {"reject",  "eliminat", "exclud", "dismiss", "discard", "disqualif",
                                             "disprov", "refut"};
constexpr std::string_view kSettingAside[] = {"than", "except", "besides", "avoid", "avoiding"}; // what comes behind
constexpr std::string_view kFailing[] = {"fails", "contradicts", "violates"};
constexpr std::string_view kLinks[] = {"is",    "are",     "was",   "were",  "be",     "being", "been", "seems",
                                       "looks", "appears", "would", "could", "should", "can",   "may",  "might",
                                       "must",  "will",    "does",  "do",    "did",    "has",   "ist",  "est"};
// What may stand between a letter and what is said of it.
constexpr std::string_view kPadding[] = {"the",       "a",          "an",         "also",      "clearly",
                                         "obviously", "definitely", "certainly",  "therefore", "thus",
                                         "hence",     "then",       "simply",     "just",      "actually",
                                         "probably",  "likely",     "most",       "very",      "surely",
                                         "both",      "all",        "completely", "totally",   "entirely",
                                         "plainly",   "to",         "my",         "our",       "only",
                                         "still",     "however",    "indeed",     "now"};
constexpr std::string_view kJoiners[] = {"and",     "or",     "nor",     "either", "option", "options", "choice",
                                         "choices", "letter", "letters"};
constexpr std::string_view kClauseOpeners[] = {"but", "while", "whereas", "although", "though", "since", "because",
                                               "so",  "if",    "which"};
constexpr std::string_view kAnswerNouns[] = {"option", "statement", "choice", "one", "answer", "sentence"};

bool is_word_byte(char c) { return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80; }

bool begins_with_one_of(std::string_view word, const auto& list) {
  return std::any_of(std::begin(list), std::end(list), [&](std::string_view begin) { return word.starts_with(begin); });
}

// Reads a text word by word. Letters from `subject_` to `next_` are what a verb that comes now speaks of.
class StanceReader {
 public:
  StanceReader(std::string_view text, std::span<const size_t> letters) : text_(text), letters_(letters) {
    result_.letters.assign(letters.size(), Stance::named);
  }

  Stances read() {
    for (size_t at = 0; at < text_.size();) {
      if (next_ < letters_.size() && at == letters_[next_])
        at = letter(at);
      else if (is_word_byte(text_[at]))
        at = word(at);
      else
        at = mark(at);
    }
    return std::move(result_);
  }

 private:
  size_t letter(size_t at) {
    if (!has_subject()) linked_ = false;
    comma_joined_ = after_comma_ && has_subject();
    after_comma_ = false;
    result_.letters[next_++] = denied_ ? Stance::rejected : affirmed_ ? Stance::settled_on : Stance::named;
    describes_ = false;
    previous_.clear();
    bool bracketed = at > 0 && (text_[at - 1] == '(' || text_[at - 1] == '[') && at + 1 < text_.size() &&
                     (text_[at + 1] == ')' || text_[at + 1] == ']');
    return at + 1 + (bracketed ? 1 : 0);
  }

  size_t mark(size_t at) {
    char c = text_[at];
    bool opens_letter = (c == '(' || c == '[') && next_ < letters_.size() && letters_[next_] == at + 1;
    bool dash = c == '-' && at > 0 && is_blank(text_[at - 1]);
    if (c == ',')
      after_comma_ = true;
    else if (dash || (!opens_letter && std::string_view(".;:!?\n()[]").find(c) != std::string_view::npos))
      end_clause();
    return at + 1;
  }

  size_t word(size_t begin) {
    size_t end = begin;
    while (end < text_.size() && (is_word_byte(text_[end]) || text_[end] == '\'') &&
           !(next_ < letters_.size() && letters_[next_] == end))
      ++end;
    std::string small = lower(text_.substr(begin, end - begin));
    for (size_t mark; (mark = small.find("\u2019")) != small.npos;) small.replace(mark, 3, "'");
    bool goes_on = is_one_of(small, kJoiners) || small == "however" || previous_ == "however";
    bool resumes = after_comma_ && next_ > 0 && (is_one_of(small, kLinks) || small.ends_with("n't"));
    if (after_comma_ && !goes_on) end_clause();
    if (resumes) subject_ = next_ - 1; // "option C, a close one, is wrong"
    after_comma_ = false;
    take(small, next_word(end));
    previous_ = std::move(small);
    return end;
  }

  std::string next_word(size_t at) const {
    while (at < text_.size() && is_blank(text_[at])) ++at;
    size_t end = at;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    return lower(text_.substr(at, end - at));
  }

  void take(const std::string& word, const std::string& next) {
    if (word == "but" && (previous_ == "all" || previous_ == "everything" || previous_ == "anything")) return deny();
    if ((word == "that" || word == "which") && is_one_of(previous_, kAnswerNouns)) describes_ = true;
    if (describes_ && !is_one_of(word, kAffirmers)) return forget_subject(); // "the statement that is not true is C"
    if (is_one_of(word, kClauseOpeners)) return end_clause();
    if (word == "doubt") return doubted();
    if (word == "no" && next == "doubt") return forget_subject();
    bool contracted = word.ends_with("n't");
    if (contracted || is_one_of(word, kLinks)) choose_subject(word);
    linked_ = linked_ || contracted || word == "cannot";
    if (word == "it" && next_ > 0 && !denied_) return recall_subject();
    if (contracted || is_one_of(word, kNegators)) return negate(next);
    if (is_one_of(word, kFailing)) return linked_ = true, reject_subject();
    take_judgement(word, next);
  }

  void take_judgement(const std::string& word, const std::string& next) {
    bool down = begins_with_one_of(word, kTurningDown) || (word.starts_with("rul") && next == "out");
    if (down) return linked_ ? reject_subject() : deny();
    if (is_one_of(word, kSettingAside) || (word == "instead" && next == "of")) return deny();
    if (is_one_of(word, kDeniers)) return denies(next);
    if (is_one_of(word, kAffirmers) || (word == "true" && has_subject())) return affirm();
    if (is_one_of(word, kLinks)) linked_ = true;
    bool keeps = is_one_of(word, kLinks) || is_one_of(word, kPadding) || is_one_of(word, kJoiners);
    if (!keeps) forget_subject();
  }

  // "option C looks right, but it is wrong"
  void recall_subject() {
    forget_subject();
    subject_ = next_ - 1;
    recalled_ = true;
  }

  // "but it is not" takes the option back, "but it is not obvious" does not.
  void negate(const std::string& next) {
    if (!linked_) return deny();
    bool means_choice = next.empty() || next == "the" || is_one_of(next, kAffirmers);
    recalled_ && !means_choice ? forget_subject() : reject_subject();
  }

  // "C, A is wrong" says nothing of C, "C, A are wrong" does.
  void choose_subject(std::string_view verb) {
    if (comma_joined_ && !verb.starts_with("are") && !verb.starts_with("were")) subject_ = next_ - 1;
    comma_joined_ = false;
  }

  // "option A is wrong"; "the incorrect option is C" answers a question for it.
  void denies(const std::string& next) {
    if (has_subject() && linked_) return reject_subject();
    forget_subject();
    if (next == "to") denied_ = true; // "it is wrong to choose A"
    if (previous_ == "the" && is_one_of(next, kAnswerNouns) && !denied_) affirmed_ = result_.decides = true;
  }

  void doubted() {
    bool denied = previous_ == "no" || previous_ == "without" || previous_ == "beyond" || previous_ == "a";
    denied ? forget_subject() : deny();
  }

  void affirm() {
    if (denied_) return forget_subject();
    result_.decides = true;
    if (!has_subject() || !linked_) {
      affirmed_ = affirmed_ || !settled_;
      return forget_subject();
    }
    for (size_t i = subject_; i < next_; ++i)
      if (result_.letters[i] == Stance::named) result_.letters[i] = Stance::settled_on;
    settled_ = true;
    forget_subject();
  }

  void reject_subject() {
    if (!has_subject()) return deny();
    for (size_t i = subject_; i < next_; ++i) result_.letters[i] = Stance::rejected;
    forget_subject();
  }

  void deny() {
    denied_ = true;
    forget_subject();
  }

  bool has_subject() const { return subject_ < next_; }

  void forget_subject() {
    subject_ = next_;
    linked_ = comma_joined_ = recalled_ = false;
  }

  void end_clause() {
    forget_subject();
    denied_ = affirmed_ = settled_ = describes_ = after_comma_ = false;
  }

  std::string_view text_;
  std::span<const size_t> letters_;
  Stances result_;
  std::string previous_; // word
  size_t next_ = 0, subject_ = 0;
  bool linked_ = false;      // a verb stands behind the subject
  bool recalled_ = false;    // the subject is "it"
  bool denied_ = false;      // what comes is turned down
  bool affirmed_ = false;    // what comes is the answer
  bool settled_ = false;     // the clause has said what is
  bool describes_ = false;   // within "that is not true"
  bool comma_joined_ = false; // nothing but a comma stands before the last letter of the subject
  bool after_comma_ = false; // and nothing yet behind it
};

} // namespace

Stances read_stances(std::string_view text, std::span<const size_t> letters) {
  return StanceReader(text, letters).read();
}

} // namespace proctor
