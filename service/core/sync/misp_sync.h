// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/time.h"
#include "core/mapping/filter.h"
#include "core/mapping/mapping.h"
#include "core/model/attribute.h"
#include "core/model/message_kind.h"
#include "core/store/indicator_store.h"
#include "core/sync/decision_log.h"
#include "core/sync/feed_watermarks.h"
#include "core/sync/misp_rest.h"

namespace misp_zeek {

struct UserCall {};
struct IndexCall {};
struct CountCall {
  AttributeSearch search;
};
struct SearchCall {
  AttributeSearch search;
  std::uint32_t page = 1;
  std::uint32_t limit = 0;
};
struct PresenceCall {
  Uuid uuid;
};
/// What MispSync wants to ask MISP next.
using RestCall = std::variant<UserCall, IndexCall, CountCall, SearchCall, PresenceCall>;
/// The answer, of the call's kind.
using RestAnswer = std::variant<MispUser, EventIndex, std::uint64_t, AttributePage, Presence>;

struct SyncOptions {
  std::chrono::seconds interval{120};         ///< between reconciles by the event index
  std::chrono::seconds full_interval{21600};  ///< between reconciles by the full list
  std::uint32_t page_size = 5000;
  double max_shrink = 0.2;        ///< share of all attributes a reconcile may take out
  std::size_t shrink_floor = 10;  ///< so many it may always take out, if MISP's answers are sound
  std::uint64_t seed = 1;         ///< of the jitter in retries
  /// A message comes before its transaction is committed; an answer that was asked for within this
  /// time after it does not count against it.
  SteadyMs commit_grace = 5'000;
  SteadyMs silence = 31'000;   ///< three heartbeats without any message
  SteadyMs feed_wait = 3'000;  ///< how long the first read waits for the feed's connection
};

/// Why a reconcile was made or something had to be repaired. A closed set: metric labels.
enum class Cause {
  kTimer,
  kStart,
  kReconnect,
  kSilence,
  kPublisherRestart,
  kQueueOverflow,
  kMalformed,
  kMessage,  ///< a message that only a read can answer
  kOperator,
  kConfiguration,  ///< filter or mapping changed
};
std::string_view to_string(Cause cause);
inline constexpr std::size_t kCauseCount = 10;

/// How much of MISP a pass reads. A closed set: metric labels.
enum class PassKind {
  kFull,    ///< everything
  kIndex,   ///< the event index, and the events that it says have changed
  kEvents,  ///< events that a message named
};
std::string_view to_string(PassKind kind);

/// What a reconcile found that no message had told.
struct Drift {
  std::uint64_t added = 0;
  std::uint64_t changed = 0;
  std::uint64_t removed = 0;

  Drift& operator+=(const Drift& other) {
    added += other.added;
    changed += other.changed;
    removed += other.removed;
    return *this;
  }
};

/// A pass that came to its end.
struct PassEnd {
  PassKind kind = PassKind::kFull;
  Cause cause = Cause::kTimer;
  SteadyMs duration = 0;
  Drift drift;
};

/// What is worth keeping of MispSync besides the store.
struct SavedSync {
  UnixSeconds last_reconcile = 0;  ///< end of the last complete pass; 0 = never
  UnixSeconds last_full = 0;       ///< of these, by the full list
  std::int64_t index_time = 0;     ///< MISP's clock when it gave the index; 0 = not known
  std::vector<EventIndexRow> index;
};

/// Keeps the store equal to what MISP and the filter say: applies feed messages as they come,
/// reads what they cannot tell, and reconciles. Pure: it says which call it wants made
/// (next_call()) and is given the answer. At most one call is under way.
class MispSync {
 public:
  struct Status {
    bool bootstrapped = false;  ///< a full read was completed once
    bool feed_connected = false;
    std::optional<SteadyMs> last_message;    ///< any message, heartbeats included
    std::optional<SteadyMs> last_reconcile;  ///< end of the last complete pass
    std::optional<SteadyMs> last_full;
    PassEnd last_pass;       ///< the newest of Counters::passes
    std::string rest_error;  ///< empty while MISP answers
    std::optional<SteadyMs> rest_error_since;
    std::string held;  ///< why removals are blocked; empty = none are
    /// When a pass last ended before this process began, if the store was restored.
    std::optional<UnixSeconds> restored_from;
    std::uint64_t rows_read = 0;      ///< of the full pass under way
    std::uint64_t rows_expected = 0;  ///< as many as were known before; 0 = not known
    std::optional<MispUser> user;
  };
  struct Counters {
    std::map<MessageKind, std::uint64_t> messages;
    std::map<FilterReason, std::uint64_t> filtered;  ///< live attributes refused, by reason
    std::map<Cause, std::uint64_t> reconciles;       ///< passes started, by cause
    std::uint64_t passes = 0;                        ///< that came to their end
    std::uint64_t confirmed = 0;                     ///< attributes looked up because of a message
    std::uint64_t late = 0;  ///< messages ignored: of a deleted event, or overtaken
    std::uint64_t undecodable_rows = 0;
    Drift drift;  ///< of all passes but the first and those after a change of the rules
    std::map<Cause, Drift> drift_by_cause;  ///< the same, by the cause of the pass
  };

  MispSync(SyncOptions options, Filter filter, Mapping mapping, IndicatorStore& store,
           TimePoint now);

  // ---- feed ----
  void on_feed_connected(TimePoint now);
  void on_feed_disconnected(TimePoint now);
  /// Messages may have been lost.
  void on_feed_gap(Cause cause, TimePoint now);
  void on_message(const FeedMessage& message, TimePoint now);

  // ---- REST ----
  /// The next call, if one is due and none is under way.
  std::optional<RestCall> next_call(TimePoint now);
  void on_answer(const Result<RestAnswer>& answer, TimePoint now);

  // ---- time and operator ----
  /// Lets what grew too old go, notices silence and starts what is due.
  void tick(TimePoint now);
  /// When tick() or next_call() has something to do at the latest.
  SteadyMs deadline(TimePoint now) const;
  void request_reconcile(bool full, Cause cause);
  /// Starts a full pass that may take out more than max_shrink. Holds for this pass alone, however
  /// much it finds.
  void accept_shrink();

  /// Judges and maps by these from now on: messages at once, and what is held by a full pass that
  /// starts next. Passes under way are given up; the answer to the call under way, which was made
  /// by the old filter, must not be given to on_answer(). What the new filter leaves out is gone as
  /// if MISP had lost it: max_shrink holds. A later accept_shrink() lets it go.
  void change_rules(Filter filter, Mapping mapping, TimePoint now);

  // ---- durable state ----
  /// Takes up what was saved, with the store as restored. Before anything else is called.
  void restore(const SavedSync& saved);
  SavedSync saved() const;
  /// Changes whenever saved() has something new.
  std::uint64_t passes_ended() const { return passes_ended_; }

  const Status& status() const { return status_; }
  /// Attributes and events that are still to be looked up because nothing told for certain.
  std::size_t open_questions() const {
    return confirms_.size() + asked_events_.size() + events_again_.size() + doubts_.size();
  }
  const Counters& counters() const { return counters_; }
  const DecisionLog& decisions() const { return decisions_; }
  const Filter& filter() const { return filter_; }
  const Mapping& mapping() const { return mapping_; }

 private:
  /// What one request asks for at most.
  static constexpr std::size_t kUuidsPerSearch = 200;
  static constexpr std::size_t kEventsPerSearch = 50;
  /// Between full lists, so that a flapping feed does not make MISP list everything all the time.
  static constexpr SteadyMs kFullPause = 10'000;
  /// Until an attribute that MISP has, and its searches do not show, is asked for again.
  static constexpr SteadyMs kDoubtPause = 5'000;
  /// So many witnesses in a row may fail before a full list decides what is true.
  static constexpr std::size_t kFailedWitnesses = 3;

  /// One reconcile: reads lists, then confirms what they lacked, then applies removals.
  struct Pass {
    using Kind = PassKind;
    enum class Step { kIndex, kList, kBoundary, kCount, kTrial, kConfirm, kFinish };
    Kind kind = Kind::kFull;
    Step step = Step::kIndex;
    Cause cause = Cause::kTimer;
    SteadyMs started = 0;
    std::vector<AttributeSearch> searches;
    std::size_t search = 0;
    std::uint32_t page = 1;
    std::uint64_t listed = 0;  ///< rows of the search under way
    int relists = 0;
    /// The last row of the page before `page`, and of `page`; nullopt: not known.
    std::optional<Uuid> boundary;
    std::optional<Uuid> page_end;
    bool page_was_last = false;
    int shifts = 0;                            ///< how often a list moved while it was read
    bool holes = false;                        ///< it may lack rows that MISP has
    bool replaced = false;                     ///< a full pass must follow, nothing was read
    std::unordered_set<std::uint64_t> events;  ///< read again (not for kFull)
    std::unordered_set<Uuid> seen;
    std::vector<Uuid> missing;  ///< in the store, not in the lists
    std::size_t confirmed = 0;  ///< of `missing`, looked up by uuid
    std::vector<Uuid> asked;    ///< of `missing`, in the call under way
    std::vector<Uuid> gone;
    std::vector<Uuid> unvouched;  ///< gone by answers that showed nothing else that is known
    bool search_works = false;    ///< MISP's search has shown that it finds something
    std::optional<Uuid> witness;  ///< an attribute that the answer under way must contain
    std::size_t failed_witnesses = 0;
    std::unordered_map<std::uint64_t, EventIndexRow> index;
    std::int64_t index_time = 0;
    bool shrink_accepted = false;  ///< may take out more than max_shrink
    Drift drift;
  };
  struct Confirm {
    std::uint64_t event_id = 0;
    SteadyMs due = 0;
    std::size_t attempts = 0;
    std::int64_t timestamp = 0;  ///< a row older than this is from before the commit
    /// An answer that was asked for earlier is not the last one: no row tells whether the sighting
    /// that a message announced is committed.
    SteadyMs again_at = 0;
  };
  /// An attribute of the store that searches do not show, and nothing else did they show that
  /// would vouch for them: MISP's errors look like that, too.
  struct Doubt {
    enum class Step {
      kPresence,    ///< does MISP have it?
      kUnfiltered,  ///< it does: do its searches find it without the filter?
      kFiltered,    ///< they do: do they still not find it with the filter?
    };
    Step step = Step::kPresence;
    SteadyMs due = 0;
    std::optional<Cause> drift;  ///< of the pass that found it
  };
  enum class Waiting { kNothing, kUser, kConfirm, kDoubt, kEvents, kReconcile };

  // feed
  void on_attribute(const AttributeMessage& message, TimePoint now);
  void on_event(const EventMessage& message, TimePoint now);
  void on_publish(const PublishMessage& message, TimePoint now);
  void on_tag(const TagMessage& message, TimePoint now);
  void on_sighting(const SightingMessage& message, TimePoint now);
  void on_heartbeat(const Heartbeat& heartbeat, TimePoint now);
  void count_message(const FeedMessage& message);
  void judge_live(const Attribute& attribute, const Event& event, Judgement judgement,
                  TimePoint now);
  void ask_attribute(const Uuid& uuid, std::uint64_t event_id, std::int64_t timestamp,
                     SteadyMs due);
  void forget_question(const Uuid& uuid);
  void ask_event(std::uint64_t event_id, SteadyMs due);
  void ask_event_again(std::uint64_t event_id, SteadyMs since);
  /// Now, and once more when what the message told of is committed.
  void reconcile_for_message(bool full, TimePoint now);

  // store
  bool accept(const Attribute& attribute, const Event& event);
  bool withdraw(const Uuid& uuid, std::string_view reason);
  void withdraw_event(std::uint64_t event_id, std::string_view reason);
  void tell(const Attribute& attribute, std::string_view outcome, std::string_view reason);

  // passes
  std::optional<RestCall> start_due_pass(TimePoint now);
  std::optional<RestCall> pass_call(Pass& pass, TimePoint now);
  std::optional<Error> on_pass_answer(Pass& pass, const RestAnswer& answer, TimePoint now);
  void on_index(Pass& pass, const EventIndex& index, TimePoint now);
  void on_page(Pass& pass, const AttributePage& page, TimePoint now);
  void on_boundary(Pass& pass, const AttributePage& probe, TimePoint now);
  void advance(Pass& pass, TimePoint now);
  void read_anew(Pass& pass);
  void on_count(Pass& pass, std::uint64_t count, TimePoint now);
  std::optional<Error> on_confirm_page(Pass& pass, const AttributePage& page, TimePoint now);
  void take_row(Pass& pass, const AttributeRow& row, TimePoint now);
  void next_search(Pass& pass, TimePoint now);
  void collect_missing(Pass& pass, TimePoint now);
  void finish(Pass& pass, TimePoint now);
  void end_lists(Pass& pass) const;
  /// No list has shown anything yet, nor does this one: MISP may be empty, or broken.
  bool nothing_yet(const Pass& pass) const;
  bool shrink_allowed(const Pass& pass);
  void withdraw_gone(Pass& pass);
  void give_way_to_full(Pass& pass);
  void end_pass(Pass& pass, bool believed, TimePoint now);
  void end_full_pass(const Pass& pass, bool believed, TimePoint now);
  void add_event_searches(Pass& pass, const std::vector<std::uint64_t>& ids) const;
  std::optional<Uuid> choose_witness(const Pass& pass) const;
  void suspect(const Uuid& witness);
  /// Of an answer without a witness: MISP lacks more than one list may take out, and what holds
  /// that back holds for a look-up, too.
  bool holds_for_look_ups() const { return suspects_.size() > options_.shrink_floor; }
  /// Error when an answer lacks the witness although nothing explains that.
  std::optional<Error> distrust(const std::optional<Uuid>& witness,
                                const AttributePage& page) const;
  std::vector<Uuid> confirm_batch(const Pass& pass) const;
  bool in_fixed_event(const Uuid& uuid) const;
  static AttributeSearch unfiltered();
  static AttributeSearch search_uuids(std::vector<Uuid> uuids, bool fixed);

  // confirmations of single attributes
  std::optional<RestCall> confirm_call(TimePoint now);
  std::optional<Error> on_confirmed(const AttributePage& page, TimePoint now);
  /// `sound`: the answer contains what proves that it is complete.
  bool look_again(const Uuid& uuid, Confirm& confirm, const AttributeRow* row, bool sound,
                  TimePoint now);

  // doubts
  void doubt(const Uuid& uuid, std::optional<Cause> drift, SteadyMs due);
  std::optional<RestCall> doubt_call(TimePoint now);
  std::optional<Error> on_doubt_answer(const RestAnswer& answer, TimePoint now);
  void on_presence(Doubt& doubt, const Presence& presence);
  std::optional<Error> on_unfiltered(Doubt& doubt, const AttributePage& page, TimePoint now);
  void on_filtered(Doubt& doubt, const AttributePage& page, TimePoint now);
  void end_doubt(std::string_view reason);

  void on_error(Waiting was, const Error& error, TimePoint now);
  void on_distrusted(Waiting was, const Error& error, TimePoint now);
  SteadyMs retry_delay(const Error& error);
  void expire(TimePoint now);
  bool touched_since(const Uuid& uuid, SteadyMs since) const;
  /// Whether an answer to a call of this time that lacks the attribute means that it is gone, or
  /// was changed: it is known for longer than a commit may take.
  bool must_be_shown(const Uuid& uuid, SteadyMs asked) const;
  bool row_is_stale(const Attribute& row) const;

  SyncOptions options_;
  Filter filter_;
  Mapping mapping_;
  IndicatorStore& store_;
  TouchLog touches_;
  std::minstd_rand jitter_;

  SteadyMs started_ = 0;
  bool feed_seen_ = false;
  bool silent_ = false;
  std::int64_t uptime_ = 0;

  std::unordered_map<Uuid, Confirm> confirms_;
  std::set<std::pair<SteadyMs, Uuid>> confirm_order_;
  std::map<std::uint64_t, SteadyMs> asked_events_;
  std::map<std::uint64_t, SteadyMs> events_again_;  ///< when each is asked for a second time
  /// When each event was last told to be published, if that decides anything: the last 120 s.
  std::map<std::uint64_t, SteadyMs> published_;
  std::vector<Uuid> confirming_;
  std::optional<Uuid> confirm_witness_;
  /// In the store, but not in MISP's last answer, and nothing has proved that they are gone.
  std::unordered_set<Uuid> suspects_;
  std::map<Uuid, Doubt> doubts_;
  Uuid doubted_;  ///< in the call under way

  using Expiry = std::pair<UnixSeconds, Uuid>;
  std::priority_queue<Expiry, std::vector<Expiry>, std::greater<>> expiries_;
  std::set<Expiry> expirations_;  ///< by sightings: when to look at an attribute again

  Waiting waiting_ = Waiting::kNothing;
  SteadyMs call_started_ = 0;
  std::optional<Pass> events_pass_;
  std::optional<Pass> reconcile_;
  std::optional<Cause> full_due_;
  std::optional<Cause> index_due_;
  std::optional<SteadyMs> again_due_;  ///< when a reconcile for a message is made again
  bool again_full_ = false;
  SteadyMs next_full_ = 0;
  SteadyMs next_index_ = 0;
  SteadyMs next_user_ = 0;
  SteadyMs retry_at_ = 0;
  int errors_ = 0;
  bool rate_limited_ = false;     ///< the last error asked to wait
  bool shrink_accepted_ = false;  ///< of the pass that starts next
  int doubtful_lists_ = 0;        ///< full lists in a row that may lack rows
  std::unordered_map<std::uint64_t, EventIndexRow> index_;
  std::int64_t index_time_ = 0;
  UnixSeconds last_reconcile_ = 0;
  UnixSeconds last_full_ = 0;
  std::uint64_t passes_ended_ = 0;

  UnixSeconds unix_now_ = 0;  ///< of the input under way
  DecisionLog decisions_;
  Status status_;
  Counters counters_;
};

}  // namespace misp_zeek
