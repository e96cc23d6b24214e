// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IGate} from "./interfaces/IGate.sol";
import {IParties} from "./interfaces/IParties.sol";
import {IRegistrars} from "./interfaces/IRegistrars.sol";
import {
    Accept,
    Attest,
    Claim,
    Correct,
    DeemAccepted,
    File,
    IRegistrations,
    Object,
    Obstacle,
    Outcome,
    Profile,
    Publish,
    Refuse,
    RequestCorrection,
    RequestSupplement,
    Resolve,
    State,
    Supplement,
    Terminate,
    Withdraw
} from "./interfaces/IRegistrations.sol";
import {IRights} from "./interfaces/IRights.sol";
import {RegistrationActs} from "./RegistrationActs.sol";
import {Code} from "./types/Code.sol";
import {Record, RecordLibrary} from "./types/Record.sol";

/// @notice The procedure of registration; see IRegistrations.
contract Registrations is IRegistrations, RegistrationActs, AccessManaged {
    uint8 private constant REVIEWER = 1;
    uint8 private constant APPROVER = 2;
    uint8 private constant ALL_RIGHTS = 7;
    uint8 private constant GIVEN = 8;
    uint8 private constant INITIAL = 1;
    uint8 private constant TRANSFER = 2;
    uint8 private constant RENEWAL = 4;
    uint256 private constant MOST_APPLICANTS = 32;
    uint16 private constant LAST_SERIAL = 9999;
    uint256 private constant LONGEST_HALT = 30 days;
    /// @dev Objections end here, so that a flood of them never spends the steps that ending a procedure needs.
    uint16 private constant LAST_STEP_TO_OBJECT = 60_000;

    /// @dev A struct of one word, because a pointer to it is hashed once and not again to write: 60 gas a record.
    struct Place {
        Record word;
    }

    struct Objection {
        uint16 made;
        bool open;
    }

    IParties public immutable parties;
    IRegistrars public immutable registrars;
    IRights public immutable rights;

    mapping(uint16 number => Profile) private _profiles;
    mapping(bytes32 registration => Place) private _records;
    mapping(bytes32 registration => mapping(bytes32 objector => Objection)) private _objections;
    mapping(bytes15 stem => uint16) private _serials;

    constructor(address authority, IParties parties_, IRegistrars registrars_, IRights rights_)
        AccessManaged(authority)
    {
        parties = parties_;
        registrars = registrars_;
        rights = rights_;
    }

    /// @inheritdoc IRegistrations
    function enact(uint16 profile, bytes32 version, Profile calldata terms) external restricted {
        if (_profiles[profile].kinds != 0 || terms.kinds == 0) revert ProfileStands(profile);

        _profiles[profile] = terms;

        _say(abi.encode(ProfileEnacted.selector, profile, version, terms));
    }

    /// @inheritdoc IRegistrations
    function haltFilings(uint32 until) external restricted {
        if (until > _now() + LONGEST_HALT) revert HaltTooLong(until);

        _haltUntil(until);

        _say(abi.encode(FilingsHalted.selector, msg.sender, until));
    }

    /// @inheritdoc IRegistrations
    function file(File calldata message, bytes[] calldata signatures) external returns (bytes32 registration) {
        registration = _digest(message);
        uint40 now_ = _now();
        uint256 applicants = message.claims.length;
        if (_haltedUntil() >= now_) revert FilingsAreHalted(_haltedUntil());
        if (message.deadline < now_) revert DeadlinePassed(message.deadline);
        Place storage place = _records[registration];
        if (Record.unwrap(place.word) != 0) revert AlreadyFiled(registration);
        if (applicants == 0 || applicants > MOST_APPLICANTS) revert WrongClaims(applicants);
        if (signatures.length != applicants) revert WrongNumber(signatures.length, applicants);
        uint8 kind = message.kind;
        uint8 most = kind == TRANSFER ? ALL_RIGHTS | GIVEN : ALL_RIGHTS;
        bytes32 last;
        for (uint256 i; i < applicants; ++i) {
            Claim calldata claim = message.claims[i];
            uint8 claimed = claim.rights;
            if (claim.party <= last || claimed & ALL_RIGHTS == 0 || claimed > most) revert WrongClaims(i);
            last = claim.party;
            _requireSignature(parties.keyOf(claim.party), registration, signatures[i]);
        }
        if (message.subject != 0 || kind != INITIAL) _requireSubject(registration, message);

        place.word = RecordLibrary.filed(message.registrar, message.profile, kind, now_);

        _sayFiled(registration, message);
        if (kind == RENEWAL) {
            rights.announce(registration, message.subject, message.claims, _profiles[message.profile].renewal);
        }
    }

    /// @inheritdoc IRegistrations
    function accept(Accept calldata message, bytes calldata signature) external {
        bytes32 act = _digest(message);
        _requireOfficer(act, message.registrar, message.officer, REVIEWER, message.deadline, signature);
        bytes32[] calldata registrations = message.registrations;
        uint16[] calldata steps = message.steps;
        uint16 registrar = message.registrar;
        _requireEqual(steps.length, registrations.length);

        Record acceptance = RecordLibrary.review(State.ACCEPTED, 0, message.officer, _now());
        bytes memory fact = abi.encode(RegistrationAccepted.selector, 0, act, 0);
        uint256 skipped;
        Obstacle obstacle;
        for (uint256 i; i < registrations.length; ++i) {
            bytes32 registration = registrations[i];
            uint16 step = steps[i];
            Place storage place = _records[registration];
            Record r = place.word;
            obstacle = _obstacle(r, State.SUBMITTED, step, registrar);
            if (obstacle == Obstacle.NONE && _profiles[r.profile()].kinds >> r.kind() & 1 == 0) {
                obstacle = Obstacle.NOT_IN_PROFILE;
            }
            if (obstacle != Obstacle.NONE) {
                _skip(registration, act, step, obstacle);
                ++skipped;
                continue;
            }
            r = r.reviewed(acceptance);
            place.word = r;
            _sayOf(fact, registration, r.step());
        }
        _requireServed(skipped, registrations, obstacle);
    }

    /// @inheritdoc IRegistrations
    function deemAccepted(DeemAccepted calldata message, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 registration = message.registration;
        Record r = _records[registration].word;
        Profile storage profile = _profiles[r.profile()];
        _requireAct(act, message.sender, message.deadline, signature);
        _require(registration, _obstacle(r, State.SUBMITTED, message.step, r.registrar()));
        if (profile.kinds >> r.kind() & 1 == 0) revert Hindered(registration, Obstacle.NOT_IN_PROFILE);
        if (_now() < r.changed() + profile.silence) revert Hindered(registration, Obstacle.TOO_EARLY);

        r = _move(registration, r, State.ACCEPTED);

        _say(abi.encode(ActSigned.selector, act, message.sender));
        _say(abi.encode(RegistrationDeemedAccepted.selector, registration, act, r.step()));
    }

    /// @inheritdoc IRegistrations
    function requestCorrection(RequestCorrection calldata message, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 registration = message.registration;
        Record r = _records[registration].word;
        _requireOfficer(act, message.registrar, message.officer, REVIEWER, message.deadline, signature);
        _require(registration, _obstacle(r, State.SUBMITTED, message.step, message.registrar));
        if (message.until <= _now()) revert WrongMoment(message.until);

        r = _move(registration, r.withUntil(message.until), State.CORRECTION_REQUESTED);

        _say(abi.encode(CorrectionRequested.selector, registration, act, r.step(), message.list, message.until));
    }

    /// @inheritdoc IRegistrations
    function correct(Correct calldata message, File calldata filing, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 registration = message.registration;
        Record r = _records[registration].word;
        _requireApplicant(act, registration, message.party, filing, message.deadline, signature);
        _require(registration, _obstacle(r, State.CORRECTION_REQUESTED, message.step, r.registrar()));
        if (_now() > r.until()) revert Hindered(registration, Obstacle.TOO_LATE);

        r = _move(registration, r, State.SUBMITTED);

        _say(abi.encode(RegistrationCorrected.selector, registration, act, r.step(), message.party, message.papers));
    }

    /// @inheritdoc IRegistrations
    function requestSupplement(RequestSupplement calldata message, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 registration = message.registration;
        Record r = _records[registration].word;
        _requireOfficer(act, message.registrar, message.officer, REVIEWER, message.deadline, signature);
        _require(registration, _obstacle(r, State.ACCEPTED, message.step, message.registrar));
        if (message.until <= _now()) revert WrongMoment(message.until);

        r = _move(registration, r.withUntil(message.until), State.SUPPLEMENT_REQUESTED);

        _say(abi.encode(SupplementRequested.selector, registration, act, r.step(), message.list, message.until));
    }

    /// @inheritdoc IRegistrations
    function supplement(Supplement calldata message, File calldata filing, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 registration = message.registration;
        Record r = _records[registration].word;
        _requireApplicant(act, registration, message.party, filing, message.deadline, signature);
        _require(registration, _obstacle(r, State.SUPPLEMENT_REQUESTED, message.step, r.registrar()));

        r = _move(registration, r, State.ACCEPTED);

        _say(abi.encode(RegistrationSupplemented.selector, registration, act, r.step(), message.party, message.papers));
    }

    /// @inheritdoc IRegistrations
    function publish(Publish calldata message, bytes calldata signature) external {
        bytes32 act = _digest(message);
        _requireOfficer(act, message.registrar, message.officer, REVIEWER, message.deadline, signature);
        bytes32[] calldata registrations = message.registrations;
        uint16[] calldata steps = message.steps;
        uint16 registrar = message.registrar;
        uint40 now_ = _now();
        _requireEqual(steps.length, registrations.length);
        if (message.effective > now_) revert WrongMoment(message.effective);
        // Counted from this block and not from the national publication, which the registrar alone states.
        uint40 until = message.until;
        uint16 profile = message.profile;
        if (until < now_ + _profiles[profile].notice) revert WrongMoment(until);

        Record notice = RecordLibrary.review(State.PUBLISHED, until, message.officer, now_);
        bytes memory fact =
            abi.encode(RegistrationPublished.selector, 0, act, 0, until, message.receipt, message.effective);
        uint256 skipped;
        Obstacle obstacle;
        for (uint256 i; i < registrations.length; ++i) {
            bytes32 registration = registrations[i];
            uint16 step = steps[i];
            Place storage place = _records[registration];
            Record r = place.word;
            obstacle = _publishObstacle(r, step, registrar, profile);
            if (obstacle != Obstacle.NONE) {
                _skip(registration, act, step, obstacle);
                ++skipped;
                continue;
            }
            r = r.reviewed(notice);
            place.word = r;
            _sayOf(fact, registration, r.step());
        }
        _requireServed(skipped, registrations, obstacle);
    }

    /// @inheritdoc IRegistrations
    function object(Object calldata message, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 registration = message.registration;
        Record r = _records[registration].word;
        Objection storage mine = _objections[registration][message.objector];
        address signer = parties.keyOf(message.objector);
        _requireAct(act, signer, message.deadline, signature);
        if (r.state() != State.PUBLISHED) revert Hindered(registration, Obstacle.WRONG_STATE);
        if (mine.made != message.serial) revert Hindered(registration, Obstacle.STEP_PASSED);
        if (mine.open) revert Hindered(registration, Obstacle.OBJECTION_OPEN);
        if (r.open() == type(uint8).max || r.step() > LAST_STEP_TO_OBJECT) {
            revert Hindered(registration, Obstacle.TOO_MANY_OBJECTIONS);
        }

        mine.made = message.serial + 1;
        mine.open = true;
        r = _move(registration, r.withObjection(), State.PUBLISHED);

        _say(abi.encode(ActSigned.selector, act, signer));
        _say(
            abi.encode(
                ObjectionMade.selector,
                registration,
                act,
                r.step(),
                message.objector,
                message.serial,
                message.grounds
            )
        );
    }

    /// @inheritdoc IRegistrations
    function resolve(Resolve calldata message, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 registration = message.registration;
        Record r = _records[registration].word;
        _requireOfficer(act, message.registrar, message.officer, REVIEWER, message.deadline, signature);
        _requireEqual(message.serials.length, message.objectors.length);
        if (message.outcome == Outcome.NONE || message.objectors.length == 0) revert NoDecision();
        _require(registration, _obstacle(r, State.PUBLISHED, r.step(), message.registrar));

        for (uint256 i; i < message.objectors.length; ++i) {
            Objection storage theirs = _objections[registration][message.objectors[i]];
            if (!theirs.open || theirs.made != message.serials[i] + 1) {
                revert Hindered(registration, Obstacle.STEP_PASSED);
            }
            theirs.open = false;
            r = _move(registration, r.withoutObjection(message.outcome == Outcome.UPHELD), State.PUBLISHED);
            _say(
                abi.encode(
                    ObjectionResolved.selector,
                    registration,
                    act,
                    r.step(),
                    message.objectors[i],
                    message.serials[i],
                    message.outcome,
                    message.decision
                )
            );
        }
    }

    /// @inheritdoc IRegistrations
    function attest(Attest calldata message, File[] calldata filings, bytes calldata signature) external {
        bytes32 act = _digest(message);
        _requireOfficer(act, message.registrar, message.officer, APPROVER, message.deadline, signature);
        _requireEqual(message.steps.length, message.registrations.length);
        _requireEqual(filings.length, message.registrations.length);
        Profile memory profile = _profiles[message.profile];
        uint40 expiry = message.expiry;
        uint40 since = message.effective == 0 ? _now() : message.effective;
        if (since > _now()) revert WrongMoment(since);
        if (expiry < _now()) revert WrongMoment(expiry);

        bytes memory fact = abi.encode(
            RegistrationAttested.selector, 0, act, 0, 0, since, expiry, message.receipt, message.effective
        );
        bytes15 stem = Code.stem(profile.prefix, message.registrar, Code.monthOf(since));
        uint16 serial = _serials[stem];
        uint256 skipped;
        Obstacle obstacle;
        for (uint256 i; i < filings.length; ++i) {
            bytes32 registration = message.registrations[i];
            Record r = _records[registration].word;
            bool coded = profile.coded >> r.kind() & 1 != 0;
            obstacle = coded && serial == LAST_SERIAL
                ? Obstacle.SERIALS_SPENT
                : _alter(message, message.steps[i], r, registration, filings[i], profile, since);
            if (obstacle != Obstacle.NONE) {
                _skip(registration, act, message.steps[i], obstacle);
                ++skipped;
                continue;
            }
            r = _move(registration, r.withUntil(expiry), State.ATTESTED);
            _sayOf(fact, registration, r.step(), coded ? Code.withSerial(stem, ++serial) : bytes15(0));
            if (r.kind() == INITIAL) {
                rights.attest(registration, message.registrar, filings[i].claims, since, expiry);
            }
        }
        _requireServed(skipped, message.registrations, obstacle);
        _serials[stem] = serial;
    }

    /// @inheritdoc IRegistrations
    function refuse(Refuse calldata message, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 registration = message.registration;
        Record r = _records[registration].word;
        _requireOfficer(act, message.registrar, message.officer, REVIEWER, message.deadline, signature);
        _require(registration, _pendingObstacle(r, message.step, message.registrar));
        if (message.ground == 0) revert NoDecision();

        r = _move(registration, r, State.REFUSED);

        _say(
            abi.encode(RegistrationRefused.selector, registration, act, r.step(), message.ground, message.decision)
        );
    }

    /// @inheritdoc IRegistrations
    function terminate(Terminate calldata message, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 registration = message.registration;
        Record r = _records[registration].word;
        _requireOfficer(act, message.registrar, message.officer, REVIEWER, message.deadline, signature);
        _require(registration, _obstacle(r, State.SUPPLEMENT_REQUESTED, message.step, message.registrar));
        if (_now() <= r.until()) revert Hindered(registration, Obstacle.TOO_EARLY);

        r = _move(registration, r, State.TERMINATED);

        _say(abi.encode(RegistrationTerminated.selector, registration, act, r.step(), message.decision));
    }

    /// @inheritdoc IRegistrations
    function withdraw(Withdraw calldata message, File calldata filing, bytes calldata signature) external {
        bytes32 act = _digest(message);
        bytes32 registration = message.registration;
        Record r = _records[registration].word;
        _requireApplicant(act, registration, message.party, filing, message.deadline, signature);
        // An unfiled registration has step 0 and no state: taking it back there makes its filing impossible.
        if (Record.unwrap(r) != 0 || message.step != 0) {
            _require(registration, _pendingObstacle(r, message.step, r.registrar()));
        }

        r = _move(registration, r, State.WITHDRAWN);

        _say(abi.encode(RegistrationWithdrawn.selector, registration, act, r.step(), message.party));
    }

    /// @inheritdoc IRegistrations
    function isPending(bytes32 registration) external view returns (bool) {
        Record r = _records[registration].word;
        return r.isPending() && (r.state() != State.CORRECTION_REQUESTED || _now() <= r.until());
    }

    /// @inheritdoc IRegistrations
    function record(bytes32 registration)
        external
        view
        returns (
            State state,
            uint16 step,
            uint16 registrar,
            uint16 profile,
            uint8 kind,
            uint8 open,
            bool upheld,
            uint40 changed,
            uint40 until
        )
    {
        Record r = _records[registration].word;
        return (
            r.state(), r.step(), r.registrar(), r.profile(), r.kind(), r.open(), r.isUpheld(), r.changed(), r.until()
        );
    }

    /// @inheritdoc IRegistrations
    function objection(bytes32 registration, bytes32 objector) external view returns (uint16 serial, bool open) {
        Objection storage theirs = _objections[registration][objector];
        return (theirs.made, theirs.open);
    }

    /// @inheritdoc IRegistrations
    function profileOf(uint16 profile) external view returns (Profile memory) {
        return _profiles[profile];
    }

    /// @inheritdoc IRegistrations
    function serials(bytes2 prefix, uint16 registrar, uint24 month) external view returns (uint16) {
        return _serials[Code.stem(prefix, registrar, month)];
    }

    /// @dev Gives effect in Rights to a registration of a later kind, or says what is in the way and does nothing.
    function _alter(
        Attest calldata message,
        uint16 step,
        Record r,
        bytes32 registration,
        File calldata filing,
        Profile memory profile,
        uint40 since
    ) private returns (Obstacle obstacle) {
        obstacle = _attestObstacle(message, step, r, registration, filing, profile, since);
        if (obstacle != Obstacle.NONE || r.kind() == INITIAL) return obstacle;
        return rights.alter(
            r.kind(),
            registration,
            filing.subject,
            message.registrar,
            filing.claims,
            since,
            message.expiry,
            profile.validity
        );
    }

    function _attestObstacle(
        Attest calldata message,
        uint16 step,
        Record r,
        bytes32 registration,
        File calldata filing,
        Profile memory profile,
        uint40 since
    ) private view returns (Obstacle) {
        Obstacle obstacle = _obstacle(r, State.PUBLISHED, step, message.registrar);
        if (obstacle == Obstacle.NONE) {
            // The national attestation, too, must lie after the notice: a registrar cannot date itself back before it.
            uint256 until = r.until();
            if (_now() <= until + profile.grace || since <= until) obstacle = Obstacle.TOO_EARLY;
        } else if (obstacle == Obstacle.WRONG_STATE && profile.noticed >> r.kind() & 1 == 0) {
            obstacle = _obstacle(r, State.ACCEPTED, step, message.registrar);
            if (obstacle == Obstacle.NONE && r.isReviewer(address(0))) obstacle = Obstacle.NOT_REVIEWED;
            if (obstacle == Obstacle.NONE && since < r.changed()) obstacle = Obstacle.TOO_EARLY;
        }
        if (obstacle != Obstacle.NONE) return obstacle;
        if (r.profile() != message.profile) return Obstacle.NOT_IN_PROFILE;
        if (r.open() != 0) return Obstacle.OBJECTION_OPEN;
        if (r.isUpheld()) return Obstacle.OBJECTION_UPHELD;
        if (r.isReviewer(message.officer)) return Obstacle.REVIEWER_IS_APPROVER;
        if (_digest(filing) != registration) return Obstacle.NOT_THE_FILING;
        if (r.kind() == INITIAL && message.expiry - since > profile.validity) return Obstacle.TOO_LONG;
        Claim[] calldata claims = filing.claims;
        for (uint256 i; i < claims.length; ++i) {
            Claim calldata claim = claims[i];
            if (claim.rights & ALL_RIGHTS & ~profile.bears != 0) return Obstacle.NOT_IN_PROFILE;
            if (registrars.isOfficer(message.registrar, parties.keyOf(claim.party))) {
                return Obstacle.REGISTRAR_IS_APPLICANT;
            }
            if (address(profile.gate) != address(0) && _isShut(profile.gate, registration, claim, since)) {
                return Obstacle.GATE_SHUT;
            }
        }
        return Obstacle.NONE;
    }

    /// @dev A gate that reverts counts as shut.
    function _isShut(IGate gate, bytes32 registration, Claim calldata claim, uint40 moment) private view returns (bool) {
        try gate.isShut(registration, claim, moment) returns (bool shut) {
            return shut;
        } catch {
            return true;
        }
    }

    function _move(bytes32 registration, Record r, State to) private returns (Record) {
        return _move(registration, r, to, _now());
    }

    function _move(bytes32 registration, Record r, State to, uint40 now_) private returns (Record moved) {
        moved = r.moved(to, now_);
        _records[registration].word = moved;
    }

    function _obstacle(Record r, State expected, uint16 step, uint16 registrar) private pure returns (Obstacle) {
        if (r.isAt(expected, step, registrar)) return Obstacle.NONE;
        if (r.step() != step) return Obstacle.STEP_PASSED;
        if (r.state() != expected) return Obstacle.WRONG_STATE;
        return Obstacle.OTHER_REGISTRAR;
    }

    function _publishObstacle(Record r, uint16 step, uint16 registrar, uint16 profile) private pure returns (Obstacle) {
        if (!r.isAt(State.ACCEPTED, step, registrar) && !r.isAt(State.SUPPLEMENT_REQUESTED, step, registrar)) {
            return _obstacle(r, State.ACCEPTED, step, registrar);
        }
        return r.profile() == profile ? Obstacle.NONE : Obstacle.NOT_IN_PROFILE;
    }

    function _pendingObstacle(Record r, uint16 step, uint16 registrar) private pure returns (Obstacle) {
        if (!r.isPending()) return Obstacle.WRONG_STATE;
        return _obstacle(r, r.state(), step, registrar);
    }

    function _require(bytes32 registration, Obstacle obstacle) private pure {
        if (obstacle != Obstacle.NONE) revert Hindered(registration, obstacle);
    }

    /// @dev The facts of an act on many records differ in subject and step alone: the rest is encoded once.
    function _sayOf(bytes memory fact, bytes32 registration, uint16 step) private {
        assembly ("memory-safe") {
            mstore(add(fact, 0x40), registration)
            mstore(add(fact, 0x80), step)
        }
        _say(fact);
    }

    function _sayOf(bytes memory fact, bytes32 registration, uint16 step, bytes15 code) private {
        assembly ("memory-safe") {
            mstore(add(fact, 0xa0), code)
        }
        _sayOf(fact, registration, step);
    }

    function _skip(bytes32 registration, bytes32 act, uint16 step, Obstacle obstacle) private {
        _say(abi.encode(RegistrationSkipped.selector, registration, act, step, obstacle));
    }

    /// @dev An act that served nobody leaves nothing behind; else anyone could repeat it and fill the ledger with skips.
    function _requireServed(uint256 skipped, bytes32[] calldata registrations, Obstacle last) private pure {
        if (skipped == registrations.length) revert Hindered(registrations[skipped - 1], last);
    }

    function _requireSubject(bytes32 registration, File calldata message) private view {
        if (message.subject == 0 || message.kind == INITIAL) revert WrongSubject(message.kind, message.subject);
        Record subject = _records[message.subject].word;
        if (!subject.isAt(State.ATTESTED, subject.step(), message.registrar)) {
            revert Hindered(registration, Obstacle.SUBJECT_NOT_ATTESTED);
        }
        // Else what was registered for trial could be moved into earnest.
        if (_profiles[subject.profile()].prefix != _profiles[message.profile].prefix) {
            revert Hindered(registration, Obstacle.NOT_IN_PROFILE);
        }
    }

    function _requireEqual(uint256 got, uint256 expected) private pure {
        if (got != expected || got == 0) revert WrongNumber(got, expected);
    }

    function _sayFiled(bytes32 registration, File calldata message) private {
        Claim[] calldata claims = message.claims;
        _say(
            abi.encode(
                RegistrationFiled.selector,
                registration,
                message.data,
                message.registrar,
                message.profile,
                message.kind,
                claims.length,
                claims[0].party,
                claims[0].rights,
                message.deadline
            )
        );
        for (uint256 i = 1; i < claims.length; ++i) {
            _say(abi.encode(ApplicantJoined.selector, registration, claims[i].party, claims[i].rights));
        }
        if (message.subject != 0) _say(abi.encode(SubjectNamed.selector, registration, message.subject));
    }

    /// @dev Requirements: as for any signed act; the officer has the role at a registrar that may act.
    function _requireOfficer(
        bytes32 act,
        uint16 registrar,
        address officer,
        uint8 role,
        uint40 deadline,
        bytes calldata signature
    ) private {
        if (registrars.roles(registrar, officer) & role == 0) revert NotAnOfficer(registrar, officer, role);
        _requireAct(act, officer, deadline, signature);

        _say(abi.encode(ActSigned.selector, act, officer));
    }

    /// @dev Requirements: as for any signed act; the filing is the one that made this id and names the party.
    function _requireApplicant(
        bytes32 act,
        bytes32 registration,
        bytes32 party,
        File calldata filing,
        uint40 deadline,
        bytes calldata signature
    ) private {
        if (_digest(filing) != registration) revert Hindered(registration, Obstacle.NOT_THE_FILING);
        uint256 i;
        while (i < filing.claims.length && filing.claims[i].party != party) ++i;
        if (i == filing.claims.length) revert Hindered(registration, Obstacle.NOT_AN_APPLICANT);
        address signer = parties.keyOf(party);
        _requireAct(act, signer, deadline, signature);

        _say(abi.encode(ActSigned.selector, act, signer));
    }
}
