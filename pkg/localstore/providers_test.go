package localstore_test

import _ "cambodia-payouts/pkg/wire" // which registers the providers that items may name
