// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ConcludeKey, IParties, KeepKey, ProposeKey, ReplaceKey} from "./interfaces/IParties.sol";
import {IRegistrars} from "./interfaces/IRegistrars.sol";
import {Signed} from "./Signed.sol";

/// @notice The parties and their keys; see IParties.
contract Parties is IParties, Signed {
    bytes32 private constant REPLACE_KEY =
        keccak256("ReplaceKey(bytes32 party,address key,uint16 step,uint40 deadline)");
    bytes32 private constant PROPOSE_KEY =
        keccak256("ProposeKey(uint16 registrar,address officer,bytes32 party,uint16 step,bytes32 instrument,uint40 until,address key,uint40 deadline)");
    bytes32 private constant KEEP_KEY =
        keccak256("KeepKey(bytes32 party,address signer,bytes32 instrument,uint16 step,uint40 deadline)");
    bytes32 private constant CONCLUDE_KEY =
        keccak256("ConcludeKey(address sender,bytes32 party,uint16 step,uint40 deadline)");

    uint8 private constant APPROVER = 2;
    /// @dev A notice without end would keep every other registrar from helping the party.
    uint40 private constant LONGEST = 4;
    /// @dev Proposals end here, so that a flood of them never spends the steps that the party itself needs.
    uint16 private constant LAST_STEP_TO_PROPOSE = 60_000;

    struct Key {
        address key;
        uint16 step;
    }

    /// @param step The party's step that it made: it stands while the party has this step, so that nothing need end it.
    struct Proposal {
        address key;
        uint40 until;
        uint16 registrar;
        uint16 step;
        address officer;
    }

    IRegistrars public immutable registrars;
    uint40 private immutable _notice;

    mapping(bytes32 party => Key) private _keys;

    /// @dev Bit b is set when a party whose id ends in byte b ever changed its key. Nearly every party signs with its
    /// first key: one word that stays warm answers for a whole batch, 1,900 gas less a signer than a slot each.
    uint256 private _changed;

    mapping(bytes32 party => Proposal) private _proposals;

    /// @param notice The shortest notice in seconds, for good: whoever could shorten it could take every party over.
    constructor(IRegistrars registrars_, uint40 notice) {
        registrars = registrars_;
        _notice = notice;
    }

    /// @inheritdoc IParties
    function replaceKey(ReplaceKey calldata message, bytes[] calldata signatures) external {
        bytes32 act = _hashTypedDataV4(keccak256(abi.encode(REPLACE_KEY, message)));
        address old = _requireStep(message.party, message.step);
        if (signatures.length != 2) revert TwoSignatures();
        _requireAct(act, old, message.deadline, signatures[0]);
        _requireAct(act, message.key, message.deadline, signatures[1]);

        _replace(message.party, message.key, message.step);

        _say(abi.encode(ActSigned.selector, act, old));
        _say(abi.encode(KeyReplaced.selector, message.party, act, message.step + 1, message.key));
    }

    /// @inheritdoc IParties
    function proposeKey(ProposeKey calldata message, bytes[] calldata signatures) external {
        bytes32 act = _hashTypedDataV4(keccak256(abi.encode(PROPOSE_KEY, message)));
        uint40 earliest = _now() + _notice;
        uint40 latest = _now() + _notice * LONGEST;
        _requireStep(message.party, message.step);
        if (message.step > LAST_STEP_TO_PROPOSE) revert TooManyProposals(message.party);
        _requireApprover(message.registrar, message.officer);
        if (message.until < earliest || message.until > latest) revert WrongNotice(message.until, earliest, latest);
        _requireFree(message.party, message.step, message.registrar);
        if (signatures.length != 2) revert TwoSignatures();
        _requireAct(act, message.officer, message.deadline, signatures[0]);
        _requireAct(act, message.key, message.deadline, signatures[1]);

        _keys[message.party].step = message.step + 1;
        _proposals[message.party] = Proposal({
            key: message.key,
            until: message.until,
            registrar: message.registrar,
            step: message.step + 1,
            officer: message.officer
        });

        _say(abi.encode(ActSigned.selector, act, message.officer));
        _say(
            abi.encode(
                KeyProposed.selector,
                message.party,
                act,
                message.step + 1,
                message.registrar,
                message.officer,
                message.key,
                message.instrument,
                message.until
            )
        );
    }

    /// @inheritdoc IParties
    function keepKey(KeepKey calldata message, bytes calldata signature) external {
        bytes32 act = _hashTypedDataV4(keccak256(abi.encode(KEEP_KEY, message)));
        address key = _requireStep(message.party, message.step);
        Proposal storage proposal = _requireProposal(message.party, message.step);
        if (message.signer != key) _requireApprover(proposal.registrar, message.signer);
        _requireAct(act, message.signer, message.deadline, signature);

        _keys[message.party].step = message.step + 1;

        _say(abi.encode(ActSigned.selector, act, message.signer));
        _say(abi.encode(KeyKept.selector, message.party, act, message.step + 1, message.instrument));
    }

    /// @inheritdoc IParties
    function concludeKey(ConcludeKey calldata message, bytes calldata signature) external {
        bytes32 act = _hashTypedDataV4(keccak256(abi.encode(CONCLUDE_KEY, message)));
        _requireStep(message.party, message.step);
        Proposal storage proposal = _requireProposal(message.party, message.step);
        if (_now() <= proposal.until) revert NoticeRuns(message.party, proposal.until);
        _requireApprover(proposal.registrar, proposal.officer);
        _requireAct(act, message.sender, message.deadline, signature);

        _replace(message.party, proposal.key, message.step);

        _say(abi.encode(ActSigned.selector, act, message.sender));
        _say(abi.encode(KeyReplaced.selector, message.party, act, message.step + 1, proposal.key));
    }

    /// @inheritdoc IParties
    function keyOf(bytes32 party) external view returns (address key) {
        key = address(uint160(uint256(party)));
        if (bytes32(uint256(uint160(key))) != party) revert NotAParty(party);
        if ((_changed >> uint8(uint256(party))) & 1 != 0) {
            address other = _keys[party].key;
            if (other != address(0)) key = other;
        }
    }

    /// @inheritdoc IParties
    function stepOf(bytes32 party) public view returns (uint16) {
        return _keys[party].step;
    }

    /// @inheritdoc IParties
    function proposalOf(bytes32 party)
        external
        view
        returns (address key, uint40 until, uint16 registrar, address officer)
    {
        Proposal storage proposal = _proposals[party];
        if (proposal.step != stepOf(party)) return (address(0), 0, 0, address(0));
        return (proposal.key, proposal.until, proposal.registrar, proposal.officer);
    }

    function _replace(bytes32 party, address key, uint16 step) private {
        _keys[party] = Key({key: key, step: step + 1});
        _changed |= 1 << uint8(uint256(party));
    }

    /// @dev Requirements: the step is the party's. The key that signs for it today.
    function _requireStep(bytes32 party, uint16 step) private view returns (address) {
        if (stepOf(party) != step) revert PartyStepPassed(party, step);
        // Called from outside alone, `keyOf` is compiled in place: 30 gas less for every signer of every act.
        return this.keyOf(party);
    }

    function _requireApprover(uint16 registrar, address officer) private view {
        if (registrars.roles(registrar, officer) & APPROVER == 0) revert NotAnApprover(registrar, officer);
    }

    function _requireProposal(bytes32 party, uint16 step) private view returns (Proposal storage proposal) {
        proposal = _proposals[party];
        if (proposal.key == address(0) || proposal.step != step) revert NoKeyProposed(party);
    }

    /// @dev Requirements: no other registrar's proposal runs. One whose officer may act no more can never be concluded,
    /// and keeps nobody from another.
    function _requireFree(bytes32 party, uint16 step, uint16 registrar) private view {
        Proposal storage proposal = _proposals[party];
        if (proposal.key == address(0) || proposal.step != step || proposal.registrar == registrar) return;
        if (registrars.roles(proposal.registrar, proposal.officer) & APPROVER == 0) return;
        revert KeyIsProposed(party, proposal.until);
    }
}
