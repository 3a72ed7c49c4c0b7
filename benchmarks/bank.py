"""Classes: a bank whose accounts, of several kinds, get deposits, transfers and interest."""

from _protocol import benchmark


class Account:
    """Money in cents, and what happened to it."""

    def __init__(self, number, owner):
        self.number = number
        self.owner = owner
        self.balance = 0
        self.moves = 0

    @property
    def available(self):
        return self.balance

    def deposit(self, amount):
        self.balance += amount
        self.moves += 1

    def withdraw(self, amount):
        """Take the amount out; False when it is not available."""
        if amount > self.available:
            return False
        self.balance -= amount
        self.moves += 1
        return True

    def month_end(self):
        """Nothing happens to a plain account."""

    def __repr__(self):
        return f"{type(self).__name__} {self.number} of {self.owner}: {self.balance}"


class Savings(Account):
    """Earns interest and allows three withdrawals a month."""

    def __init__(self, number, owner, percent):
        super().__init__(number, owner)
        self.percent = percent
        self.withdrawals = 0

    def withdraw(self, amount):
        if self.withdrawals == 3:
            return False
        self.withdrawals += 1
        return super().withdraw(amount)

    def month_end(self):
        self.deposit(self.balance * self.percent // 1200)
        self.withdrawals = 0


class Checking(Account):
    """May be overdrawn, for a fee."""

    fee = 500

    def __init__(self, number, owner, overdraft):
        super().__init__(number, owner)
        self.overdraft = overdraft

    @property
    def available(self):
        return self.balance + self.overdraft

    def month_end(self):
        if self.balance < 0:
            self.balance -= self.fee


class Bank:
    """All the accounts, by number."""

    def __init__(self):
        self.accounts = {}
        self.refused = 0

    def open(self, account):
        self.accounts[account.number] = account

    def transfer(self, source, target, amount):
        if self.accounts[source].withdraw(amount):
            self.accounts[target].deposit(amount)
        else:
            self.refused += 1

    def month_end(self):
        for account in self.accounts.values():
            account.month_end()

    def total(self):
        return sum(account.balance for account in self.accounts.values())


def open_accounts(bank, count):
    for number in range(count):
        owner = f"customer {number // 3}"
        if number % 3 == 0:
            account = Account(number, owner)
        elif number % 3 == 1:
            account = Savings(number, owner, percent=number % 5)
        else:
            account = Checking(number, owner, overdraft=10_000 * (number % 4))
        account.deposit(100_000)
        bank.open(account)


def simulate(size):
    """A hundred accounts, `size` transfers, a month's end after every 500."""
    bank = Bank()
    open_accounts(bank, 100)
    state = 42
    for step in range(size):
        state = (state * 1103515245 + 12345) % 2147483648
        source = state // 65536 % 100
        target = (source + 1 + state // 1024 % 99) % 100
        bank.transfer(source, target, state // 256 % 5_000)
        if step % 500 == 499:
            bank.month_end()
    moves = sum(account.moves for account in bank.accounts.values())
    return f"{bank.total()} cents, {moves} moves, {bank.refused} refused; {bank.accounts[7]!r}"


def main():
    benchmark(simulate, 600_000)


if __name__ == "__main__":
    main()
