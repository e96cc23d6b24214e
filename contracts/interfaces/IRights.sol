// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claim, Obstacle} from "./IRegistrations.sol";
import {ISigned} from "./ISigned.sol";

/// @notice Makes a remark on what a party holds, and bars what an instrument names (guide art. 23).
/// @param right The entry.
/// @param step The entry's step.
/// @param kind The number of the kind of remark in the rule profile: an agreed limit, a preservation measure, ...
/// @param instrument The hash of the agreement, order or other paper on which it rests.
/// @param rights The sum of the rights that it limits; zero for a mere record.
/// @param acts What it bars of them: bit k is the kind of registration k, bit 8 a licence, bit 9 a pledge; zero for a
/// mere record.
/// @param until Unix seconds; the last second at which it bars.
struct Remark {
    uint16 registrar;
    address officer;
    bytes32 right;
    uint16 step;
    uint8 kind;
    bytes32 instrument;
    uint8 rights;
    uint16 acts;
    uint40 until;
    uint40 deadline;
}

/// @notice Takes a remark back.
/// @param serial How many remarks the entry had before this one was made.
/// @param instrument The hash of the paper on which the lifting rests.
struct Lift {
    uint16 registrar;
    address officer;
    bytes32 right;
    uint16 step;
    uint8 serial;
    bytes32 instrument;
    uint40 deadline;
}

/// @notice Cancels rights on the registrar's own motion (guide art. 37).
/// @param rights The sum of the rights that end.
/// @param ground The number of the ground in the rule profile.
/// @param decision The hash of the written decision that the holder was told of.
struct Cancel {
    uint16 registrar;
    address officer;
    bytes32 right;
    uint16 step;
    uint8 rights;
    uint8 ground;
    bytes32 decision;
    uint40 deadline;
}

/// @notice Does what an effective instrument of a court or arbitral body orders, or what both sides of an objection
/// accepted (guide art. 29). No remark stands in its way.
/// @param registration The registration that the holder's entry belongs to.
/// @param holder Who loses the rights.
/// @param receiver Who is to hold them from the same registration; zero when they are extinguished.
/// @param step The step of the holder's entry.
/// @param rights The sum of the rights concerned.
/// @param instrument The hash of the instrument.
struct Execute {
    uint16 registrar;
    address officer;
    bytes32 registration;
    bytes32 holder;
    bytes32 receiver;
    uint16 step;
    uint8 rights;
    bytes32 instrument;
    uint40 deadline;
}

/// @notice The rights to hold, use and operate data, as attested. Not exclusive, not tokens: several parties may hold
/// the same right in the same data, and nothing here moves by the holder's word alone (guide art. 21).
/// @dev An entry is what one party holds from one registration: HOLD 1, USE 2, OPERATE 4. Every change raises its step.
interface IRights is ISigned {
    /// @notice A contract may give birth to entries, and change them.
    event SourceAdmitted(address indexed source);

    /// @notice A contract may give birth to no more entries; those it made stay.
    event SourceRetired(address indexed source);

    /// @notice A party holds rights from an attested registration.
    /// @param right The entry: keccak256(registration ‖ holder).
    /// @param registration The registration that was attested.
    /// @param holder The party.
    /// @param rights The sum of HOLD 1, USE 2 and OPERATE 4.
    /// @param since Unix seconds; the moment of attestation.
    /// @param expiry Unix seconds; the last second at which the rights stand.
    event RightAttested(
        bytes32 indexed right, bytes32 registration, bytes32 holder, uint8 rights, uint40 since, uint40 expiry
    );

    /// @notice A transfer took rights from their holder (guide art. 34). @param registration The transfer.
    event RightGiven(bytes32 indexed right, bytes32 registration, uint16 step, uint8 rights);

    /// @notice What is registered of the data or the holder was amended (guide art. 35). @param registration The amendment.
    event RightAmended(bytes32 indexed right, bytes32 registration, uint16 step, uint8 rights);

    /// @notice A renewal was applied for: until it is decided the rights do not lapse (guide art. 36).
    /// @param step The entry's, which stays: else a holder could file renewals to outrun an officer's act.
    event RenewalAnnounced(bytes32 indexed right, bytes32 registration, uint16 step, uint8 rights);

    /// @notice Rights were renewed. @param registration The renewal. @param expiry Unix seconds; their new end.
    event RightRenewed(bytes32 indexed right, bytes32 registration, uint16 step, uint8 rights, uint40 expiry);

    /// @notice Rights ended before their time (guide art. 37).
    /// @param cause The cancellation registered, or the act of the registrar's own motion.
    /// @param ground The number of the ground in the rule profile; zero where the application names it.
    /// @param decision The hash of the registrar's decision; zero where the application is the ground.
    event RightCancelled(
        bytes32 indexed right, bytes32 cause, uint16 step, uint8 rights, uint8 ground, bytes32 decision
    );

    /// @notice An instrument took rights from their holder. @param receiver Who holds them now, or zero.
    event RightExecuted(
        bytes32 indexed right, bytes32 act, uint16 step, uint8 rights, bytes32 receiver, bytes32 instrument
    );

    /// @notice A party holds rights on the strength of an instrument.
    /// @param step The receiver's entry's; zero when it held nothing of this registration before.
    /// @param expiry Unix seconds; the earliest end of the rights where they were taken.
    event RightReceived(
        bytes32 indexed right,
        bytes32 act,
        uint16 step,
        bytes32 registration,
        bytes32 holder,
        uint8 rights,
        uint40 since,
        uint40 expiry
    );

    /// @notice A remark was made. @param serial How many there were before.
    event RightRemarked(
        bytes32 indexed right,
        bytes32 act,
        uint16 step,
        uint8 serial,
        uint8 kind,
        bytes32 instrument,
        uint8 rights,
        uint16 acts,
        uint40 until
    );

    /// @notice A remark went with the rights that a transfer moved.
    /// @param right The entry of whoever received them. @param registration The transfer.
    /// @param serial How many remarks the entry had before.
    /// @param origin The entry of whoever gave them. @param former The serial of the remark there.
    /// @param rights Those of the rights moved that it limits; zero for a mere record.
    event RemarkCarried(
        bytes32 indexed right,
        bytes32 registration,
        uint16 step,
        uint8 serial,
        bytes32 origin,
        uint8 former,
        uint8 rights
    );

    /// @notice A remark was taken back.
    event RemarkLifted(bytes32 indexed right, bytes32 act, uint16 step, uint8 serial, bytes32 instrument);

    /// @notice The caller may not give birth to entries.
    error NotASource(address caller);

    /// @notice The act cannot take effect now.
    error Hindered(bytes32 registration, Obstacle obstacle);

    /// @notice The key has no role at this registrar that serves here, or the registrar may not act.
    error NotAnOfficer(uint16 registrar, address officer, uint8 role);

    /// @notice The remark names rights without acts, acts without rights, what does not exist, or a moment gone by.
    error WrongLimit(uint8 rights, uint16 acts, uint40 until);

    /// @notice Between 1 and 7.
    error WrongRights(uint8 rights);

    /// @notice An act of the registrar's own motion names a ground, one on an instrument the instrument.
    error NoDecision();

    /// @notice Nobody receives what he gives.
    error SameParty(bytes32 party);

    /// @notice Lets a contract give birth to entries.
    function admitSource(address source) external;

    /// @notice Lets a contract give birth to entries no more.
    function retireSource(address source) external;

    /// @notice Enters what each applicant of an attested registration holds.
    /// @dev Requirements: the caller is a source. The caller sees to it that a registration is attested once.
    /// @param registration The registration.
    /// @param registrar The registrar's number.
    /// @param claims Who holds what.
    /// @param since Unix seconds.
    /// @param expiry Unix seconds.
    function attest(bytes32 registration, uint16 registrar, Claim[] calldata claims, uint40 since, uint40 expiry)
        external;

    /// @notice Remembers that a renewal was filed.
    /// @dev Requirements: the caller is a source; each right stands and ends within the window; no other renewal of
    /// the entry is pending.
    /// @param window Seconds.
    function announce(bytes32 registration, bytes32 subject, Claim[] calldata claims, uint40 window) external;

    /// @notice Gives effect to a later registration that is being attested.
    /// @dev Requirements: the caller is a source; each party has, from the subject, the rights concerned, and no remark
    /// bars the act. A TRANSFER moves as many of each right as it gives, none to last longer. A RENEWAL was announced,
    /// and ends at most `validity` after the old end. A CORRECTION needs no right of its applicant's.
    /// Changes nothing when it returns an obstacle.
    /// @param kind The kind of registration: 2 to 6.
    /// @param validity Seconds.
    function alter(
        uint8 kind,
        bytes32 registration,
        bytes32 subject,
        uint16 registrar,
        Claim[] calldata claims,
        uint40 since,
        uint40 expiry,
        uint40 validity
    ) external returns (Obstacle);

    /// @notice Makes a remark. @dev Requirements: an officer of the entry's registrar; fewer than 255 were made.
    function remark(Remark calldata message, bytes calldata signature) external;

    /// @notice Takes a remark back. @dev Requirements: an officer of the entry's registrar; it stands.
    function lift(Lift calldata message, bytes calldata signature) external;

    /// @notice Cancels rights. @dev Requirements: an approver of the entry's registrar; the rights are held; no remark
    /// bars cancellation. Warning: cannot be undone; the same party would have to register anew.
    function cancel(Cancel calldata message, bytes calldata signature) external;

    /// @notice Executes an instrument. @dev Requirements: an approver of the entry's registrar; the rights are held.
    function execute(Execute calldata message, bytes calldata signature) external;

    /// @notice The id of the entry of a party from a registration.
    function idOf(bytes32 registration, bytes32 holder) external pure returns (bytes32);

    /// @notice Which rights of an entry stand at a moment from now on; one past its end stands while its renewal is
    /// pending.
    /// @param right The entry.
    /// @param moment Unix seconds, not before the current block: changes leave no history in a contract's state.
    /// @return rights The sum of HOLD 1, USE 2 and OPERATE 4; 0 when the entry is unknown or over.
    function standing(bytes32 right, uint40 moment) external view returns (uint8 rights);

    /// @notice Whether a remark bars an act on any of these rights at a moment. @param act Its number, see Remark.
    function isBarred(bytes32 right, uint8 rights, uint8 act, uint40 moment) external view returns (bool);

    /// @notice When an entry began and when each of its rights ends; zero for a right not held.
    function entry(bytes32 right)
        external
        view
        returns (uint40 since, uint40 hold, uint40 use, uint40 operate, uint16 registrar, uint16 step);
}
