"""How a tale is answered: the `TurnSource` of chats of kind `tale`, from card, persona, lore and history to a prompt."""
