// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IRegistrars} from "./interfaces/IRegistrars.sol";
import {Claim, Obstacle} from "./interfaces/IRegistrations.sol";
import {Cancel, Execute, IRights, Lift, Remark} from "./interfaces/IRights.sol";
import {ISource} from "./interfaces/ISource.sol";
import {Signed} from "./Signed.sol";
import {Entry, EntryLibrary} from "./types/Entry.sol";
import {Limit, LimitLibrary} from "./types/Limit.sol";

/// @notice The rights attested; see IRights.
contract Rights is IRights, Signed, AccessManaged {
    bytes32 private constant REMARK =
        keccak256("Remark(uint16 registrar,address officer,bytes32 right,uint16 step,uint8 kind,bytes32 instrument,uint8 rights,uint16 acts,uint40 until,uint40 deadline)");
    bytes32 private constant LIFT =
        keccak256("Lift(uint16 registrar,address officer,bytes32 right,uint16 step,uint8 serial,bytes32 instrument,uint40 deadline)");
    bytes32 private constant CANCEL =
        keccak256("Cancel(uint16 registrar,address officer,bytes32 right,uint16 step,uint8 rights,uint8 ground,bytes32 decision,uint40 deadline)");
    bytes32 private constant EXECUTE =
        keccak256("Execute(uint16 registrar,address officer,bytes32 registration,bytes32 holder,bytes32 receiver,uint16 step,uint8 rights,bytes32 instrument,uint40 deadline)");

    uint8 private constant APPROVER = 2;
    uint8 private constant ANY_ROLE = 3;
    uint8 private constant ALL_RIGHTS = 7;
    uint8 private constant GIVEN = 8;
    uint8 private constant TRANSFER = 2;
    uint8 private constant AMENDMENT = 3;
    uint8 private constant RENEWAL = 4;
    uint8 private constant CANCELLATION = 5;
    uint8 private constant CORRECTION = 6;
    /// @dev Registrations end here, so that they never spend the steps that acts of the registrar need.
    uint16 private constant LAST_STEP_TO_ALTER = 60_000;

    struct Source {
        uint8 number;
        bool admitted;
    }

    IRegistrars public immutable registrars;

    uint8 private _sourceCount;
    mapping(address source => Source) private _sources;
    mapping(uint8 number => ISource) private _sourceAt;
    mapping(bytes32 right => Entry) private _entries;
    mapping(bytes32 right => bytes32 registration) private _renewals;
    mapping(bytes32 right => mapping(uint256 serial => Limit)) private _limits;

    constructor(address authority, IRegistrars registrars_) AccessManaged(authority) {
        registrars = registrars_;
    }

    /// @inheritdoc IRights
    function admitSource(address source) external restricted {
        Source storage s = _sources[source];
        if (s.number == 0) {
            s.number = ++_sourceCount;
            _sourceAt[s.number] = ISource(source);
        }
        s.admitted = true;

        _say(abi.encode(SourceAdmitted.selector, source));
    }

    /// @inheritdoc IRights
    function retireSource(address source) external restricted {
        _sources[source].admitted = false;

        _say(abi.encode(SourceRetired.selector, source));
    }

    /// @inheritdoc IRights
    function attest(bytes32 registration, uint16 registrar, Claim[] calldata claims, uint40 since, uint40 expiry)
        external
    {
        uint8 source = _requireSource();

        for (uint256 i; i < claims.length; ++i) {
            _bear(registration, claims[i].party, claims[i].rights, registrar, source, since, expiry);
        }
    }

    /// @inheritdoc IRights
    function announce(bytes32 registration, bytes32 subject, Claim[] calldata claims, uint40 window) external {
        uint8 source = _requireSource();
        uint40 now_ = _now();
        for (uint256 i; i < claims.length; ++i) {
            uint8 rights = claims[i].rights;
            bytes32 right = idOf(subject, claims[i].party);
            Entry e = _entries[right];
            if (e.earliestEnd(rights) < now_) revert Hindered(registration, Obstacle.NOT_HELD);
            if (e.latestEnd(rights) > now_ + window) revert Hindered(registration, Obstacle.TOO_EARLY);
            if (_isRenewing(right, e)) revert Hindered(registration, Obstacle.RENEWAL_PENDING);

            _renewals[right] = registration;
            _entries[right] = e.renewedBy(rights, source);

            _say(abi.encode(RenewalAnnounced.selector, right, registration, e.step(), rights));
        }
    }

    /// @inheritdoc IRights
    function alter(
        uint8 kind,
        bytes32 registration,
        bytes32 subject,
        uint16 registrar,
        Claim[] calldata claims,
        uint40 since,
        uint40 expiry,
        uint40 validity
    ) external returns (Obstacle obstacle) {
        uint8 source = _requireSource();
        if (kind == CORRECTION) return Obstacle.NONE;
        if (kind == TRANSFER) {
            uint40 end;
            (obstacle, end) = _transferObstacle(subject, claims, expiry);
            if (obstacle == Obstacle.NONE) _transfer(registration, subject, registrar, source, claims, since, end);
            return obstacle;
        }
        if (kind < TRANSFER || kind > CORRECTION) return Obstacle.NOT_IN_PROFILE;
        for (uint256 i; i < claims.length && obstacle == Obstacle.NONE; ++i) {
            bytes32 right = idOf(subject, claims[i].party);
            obstacle = _alterObstacle(kind, registration, right, claims[i].rights, since, expiry, validity);
        }
        if (obstacle != Obstacle.NONE) return obstacle;

        for (uint256 i; i < claims.length; ++i) {
            _alter(kind, registration, idOf(subject, claims[i].party), claims[i].rights, expiry);
        }
    }

    /// @inheritdoc IRights
    function remark(Remark calldata message, bytes calldata signature) external {
        bytes32 act = _inPlace(REMARK, 10);
        bytes32 right = message.right;
        Entry e = _requireEntry(right, message.step, message.registrar);
        bool isRecord = message.rights == 0 && message.acts == 0;
        if (!isRecord && (message.rights == 0 || message.acts == 0 || message.until < _now())) {
            revert WrongLimit(message.rights, message.acts, message.until);
        }
        if (message.rights > ALL_RIGHTS || message.kind == 0) {
            revert WrongLimit(message.rights, message.acts, message.until);
        }
        _requireRecorder(act, message.registrar, message.officer, ANY_ROLE, message.deadline, signature);
        uint8 serial = e.remarks();
        if (serial == type(uint8).max) revert WrongLimit(message.rights, message.acts, message.until);

        e = e.touched().remarked();
        _entries[right] = e;
        _limits[right][serial] = LimitLibrary.placed(message.kind, message.rights, message.acts, message.until);

        _say(
            abi.encode(
                RightRemarked.selector,
                right,
                act,
                e.step(),
                serial,
                message.kind,
                message.instrument,
                message.rights,
                message.acts,
                message.until
            )
        );
    }

    /// @inheritdoc IRights
    function lift(Lift calldata message, bytes calldata signature) external {
        bytes32 act = _inPlace(LIFT, 7);
        bytes32 right = message.right;
        Entry e = _requireEntry(right, message.step, message.registrar);
        if (!_limits[right][message.serial].stands()) revert Hindered(right, Obstacle.STEP_PASSED);
        _requireRecorder(act, message.registrar, message.officer, ANY_ROLE, message.deadline, signature);

        e = e.touched().lifted();
        _entries[right] = e;
        _limits[right][message.serial] = Limit.wrap(0);

        _say(abi.encode(RemarkLifted.selector, right, act, e.step(), message.serial, message.instrument));
    }

    /// @inheritdoc IRights
    function cancel(Cancel calldata message, bytes calldata signature) external {
        bytes32 act = _inPlace(CANCEL, 8);
        bytes32 right = message.right;
        uint8 rights = message.rights;
        Entry e = _requireEntry(right, message.step, message.registrar);
        _requireRights(right, e, rights);
        if (message.ground == 0) revert NoDecision();
        if (_isBarred(right, e, rights, CANCELLATION, _now())) revert Hindered(right, Obstacle.BARRED);
        _requireOfficer(act, message.registrar, message.officer, APPROVER, message.deadline, signature);

        e = e.changed(rights, 0);
        _entries[right] = e;

        _say(abi.encode(RightCancelled.selector, right, act, e.step(), rights, message.ground, message.decision));
    }

    /// @inheritdoc IRights
    function execute(Execute calldata message, bytes calldata signature) external {
        bytes32 act = _inPlace(EXECUTE, 9);
        bytes32 right = idOf(message.registration, message.holder);
        uint8 rights = message.rights;
        Entry e = _requireEntry(right, message.step, message.registrar);
        _requireRights(right, e, rights);
        if (message.instrument == 0) revert NoDecision();
        if (message.receiver == message.holder) revert SameParty(message.receiver);
        _requireRecorder(act, message.registrar, message.officer, APPROVER, message.deadline, signature);
        uint40 end = e.earliestEnd(rights);
        // Past its end a right stands by its holder's own renewal alone: whoever received it would receive nothing.
        if (message.receiver != 0 && end < _now()) revert Hindered(right, Obstacle.NOT_HELD);

        e = e.changed(rights, 0);
        _entries[right] = e;

        _say(
            abi.encode(
                RightExecuted.selector, right, act, e.step(), rights, message.receiver, message.instrument
            )
        );
        if (message.receiver != 0) _receive(message, act, e.source(), end);
    }

    /// @inheritdoc IRights
    function idOf(bytes32 registration, bytes32 holder) public pure returns (bytes32) {
        return keccak256(abi.encode(registration, holder));
    }

    /// @inheritdoc IRights
    function standing(bytes32 right, uint40 moment) external view returns (uint8 rights) {
        return _standing(right, _entries[right], moment);
    }

    /// @inheritdoc IRights
    function isBarred(bytes32 right, uint8 rights, uint8 act, uint40 moment) external view returns (bool) {
        return _isBarred(right, _entries[right], rights, act, moment);
    }

    /// @inheritdoc IRights
    function entry(bytes32 right)
        external
        view
        returns (uint40 since, uint40 hold, uint40 use, uint40 operate, uint16 registrar, uint16 step)
    {
        Entry e = _entries[right];
        return (e.since(), e.holdUntil(), e.useUntil(), e.operateUntil(), e.registrar(), e.step());
    }

    function _bear(
        bytes32 registration,
        bytes32 holder,
        uint8 rights,
        uint16 registrar,
        uint8 source,
        uint40 since,
        uint40 expiry
    ) private {
        bytes32 right = idOf(registration, holder);
        _entries[right] = EntryLibrary.born(rights, since, expiry, registrar, source);
        _say(abi.encode(RightAttested.selector, right, registration, holder, rights, since, expiry));
    }

    /// @dev What limits a right goes with it: else a transfer would clear it of every limit that bars no transfer.
    /// @param right The entry of a receiver, just born.
    function _carry(bytes32 registration, bytes32 subject, Claim[] calldata claims, bytes32 right, uint8 rights)
        private
    {
        for (uint256 i; i < claims.length; ++i) {
            uint8 moved = claims[i].rights & rights;
            if (claims[i].rights & GIVEN == 0 || moved == 0) continue;
            bytes32 origin = idOf(subject, claims[i].party);
            Entry giver = _entries[origin];
            if (giver.standingRemarks() == 0) continue;
            uint256 count = giver.remarks();
            for (uint256 serial; serial < count; ++serial) {
                Limit limit = _limits[origin][serial].narrowed(moved, _now());
                if (limit.stands()) _repeat(registration, right, limit, origin, serial);
            }
        }
    }

    function _repeat(bytes32 registration, bytes32 right, Limit limit, bytes32 origin, uint256 serial) private {
        Entry e = _entries[right].touched();
        uint8 place = e.remarks();
        _entries[right] = e.remarked();
        _limits[right][place] = limit;

        _say(
            abi.encode(
                RemarkCarried.selector, right, registration, e.step(), place, origin, serial, limit.rights()
            )
        );
    }

    /// @return end The last second at which what is received stands: no later than what is given, nor than asked.
    function _transferObstacle(bytes32 subject, Claim[] calldata claims, uint40 expiry)
        private
        view
        returns (Obstacle, uint40 end)
    {
        uint40 now_ = _now();
        end = expiry;
        uint256 given;
        uint256 received;
        uint256 carried;
        for (uint256 i; i < claims.length; ++i) {
            uint8 rights = claims[i].rights & ALL_RIGHTS;
            // How often each right appears, in 16 bits a right.
            uint256 each = rights & 1 | uint256(rights & 2) << 15 | uint256(rights & 4) << 30;
            if (claims[i].rights & GIVEN == 0) {
                received += each;
                continue;
            }
            given += each;
            bytes32 right = idOf(subject, claims[i].party);
            Entry e = _entries[right];
            uint40 until = e.earliestEnd(rights);
            if (until < now_) return (Obstacle.NOT_HELD, 0);
            if (e.step() >= LAST_STEP_TO_ALTER) return (Obstacle.STEP_PASSED, 0);
            if (_isBarred(right, e, rights, TRANSFER, now_)) return (Obstacle.BARRED, 0);
            carried += e.standingRemarks();
            if (carried > type(uint8).max) return (Obstacle.BARRED, 0);
            if (until < end) end = until;
        }
        return (given == received ? Obstacle.NONE : Obstacle.UNBALANCED, end);
    }

    function _transfer(
        bytes32 registration,
        bytes32 subject,
        uint16 registrar,
        uint8 source,
        Claim[] calldata claims,
        uint40 since,
        uint40 end
    ) private {
        for (uint256 i; i < claims.length; ++i) {
            uint8 rights = claims[i].rights & ALL_RIGHTS;
            if (claims[i].rights & GIVEN == 0) {
                _bear(registration, claims[i].party, rights, registrar, source, since, end);
                _carry(registration, subject, claims, idOf(registration, claims[i].party), rights);
                continue;
            }
            bytes32 right = idOf(subject, claims[i].party);
            Entry e = _entries[right].changed(rights, 0);
            _entries[right] = e;
            _say(abi.encode(RightGiven.selector, right, registration, e.step(), rights));
        }
    }

    function _alterObstacle(
        uint8 kind,
        bytes32 registration,
        bytes32 right,
        uint8 rights,
        uint40 since,
        uint40 expiry,
        uint40 validity
    ) private view returns (Obstacle) {
        Entry e = _entries[right];
        uint40 now_ = _now();
        if (_standing(right, e, now_) & rights != rights) return Obstacle.NOT_HELD;
        if (e.step() >= LAST_STEP_TO_ALTER) return Obstacle.STEP_PASSED;
        if (_isBarred(right, e, rights, kind, now_)) return Obstacle.BARRED;
        if (kind != RENEWAL) return Obstacle.NONE;
        if (_renewals[right] != registration) return Obstacle.STEP_PASSED;
        uint256 end = e.earliestEnd(rights);
        if (expiry < e.latestEnd(rights)) return Obstacle.TOO_SHORT;
        return expiry > (end > since ? end : since) + validity ? Obstacle.TOO_LONG : Obstacle.NONE;
    }

    function _alter(uint8 kind, bytes32 registration, bytes32 right, uint8 rights, uint40 expiry) private {
        Entry e = _entries[right];
        if (kind == RENEWAL) {
            e = e.changed(rights, expiry).renewedBy(0, e.source());
            delete _renewals[right];
        } else {
            e = kind == CANCELLATION ? e.changed(rights, 0) : e.touched();
        }
        _entries[right] = e;

        if (kind == RENEWAL) {
            _say(abi.encode(RightRenewed.selector, right, registration, e.step(), rights, expiry));
        } else if (kind == CANCELLATION) {
            _say(abi.encode(RightCancelled.selector, right, registration, e.step(), rights, 0, 0));
        } else {
            _say(abi.encode(RightAmended.selector, right, registration, e.step(), rights));
        }
    }

    function _receive(Execute calldata message, bytes32 act, uint8 source, uint40 end) private {
        bytes32 right = idOf(message.registration, message.receiver);
        Entry e = _entries[right];
        uint40 since = _now();
        if (e.since() == 0) {
            e = EntryLibrary.born(message.rights, since, end, message.registrar, source);
        } else {
            if (_standing(right, e, since) & message.rights != 0) revert WrongRights(message.rights);
            e = e.changed(message.rights, end);
        }
        _entries[right] = e;

        _say(
            abi.encode(
                RightReceived.selector,
                right,
                act,
                e.step(),
                message.registration,
                message.receiver,
                message.rights,
                since,
                end
            )
        );
    }

    function _requireSource() private view returns (uint8 number) {
        Source memory s = _sources[msg.sender];
        if (!s.admitted) revert NotASource(msg.sender);
        return s.number;
    }

    function _requireEntry(bytes32 right, uint16 step, uint16 registrar) private view returns (Entry e) {
        e = _entries[right];
        if (e.since() == 0) revert Hindered(right, Obstacle.NOT_HELD);
        if (e.step() != step || step == type(uint16).max) revert Hindered(right, Obstacle.STEP_PASSED);
        if (e.registrar() != registrar) revert Hindered(right, Obstacle.OTHER_REGISTRAR);
    }

    function _requireRights(bytes32 right, Entry e, uint8 rights) private pure {
        if (rights == 0 || rights > ALL_RIGHTS) revert WrongRights(rights);
        if (e.earliestEnd(rights) == 0) revert Hindered(right, Obstacle.NOT_HELD);
    }

    function _requireOfficer(
        bytes32 act,
        uint16 registrar,
        address officer,
        uint8 role,
        uint40 deadline,
        bytes calldata signature
    ) private {
        if (registrars.roles(registrar, officer) & role == 0) revert NotAnOfficer(registrar, officer, role);
        _requireSigned(act, officer, deadline, signature);
    }

    /// @dev What others have ordered is recorded by a suspended registrar as well (guide arts. 23, 29).
    function _requireRecorder(
        bytes32 act,
        uint16 registrar,
        address officer,
        uint8 role,
        uint40 deadline,
        bytes calldata signature
    ) private {
        if (registrars.rolesKept(registrar, officer) & role == 0) revert NotAnOfficer(registrar, officer, role);
        _requireSigned(act, officer, deadline, signature);
    }

    function _requireSigned(bytes32 act, address officer, uint40 deadline, bytes calldata signature) private {
        _requireAct(act, officer, deadline, signature);

        _say(abi.encode(ActSigned.selector, act, officer));
    }

    function _standing(bytes32 right, Entry e, uint40 moment) private view returns (uint8 rights) {
        rights = e.standing(moment);
        uint8 lapsing = e.renewing() & e.held() & ~rights;
        if (lapsing != 0 && moment >= e.since() && _isRenewing(right, e)) rights |= lapsing;
    }

    /// @dev Asked of the procedure and never stored: whatever ends a renewal there ends it here.
    function _isRenewing(bytes32 right, Entry e) private view returns (bool) {
        return e.renewing() != 0 && _sourceAt[e.source()].isPending(_renewals[right]);
    }

    /// @dev At most 255 remarks, and none for nearly everybody.
    function _isBarred(bytes32 right, Entry e, uint8 rights, uint8 act, uint40 moment) private view returns (bool) {
        if (e.standingRemarks() == 0) return false;
        uint256 count = e.remarks();
        for (uint256 i; i < count; ++i) {
            if (_limits[right][i].bars(rights, act, moment)) return true;
        }
        return false;
    }
}
